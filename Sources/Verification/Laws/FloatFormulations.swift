import Algebra
import DeltaRule

extension Formulations {
  static let float = Formulation<Float>.all
  static let double = Formulation<Double>.all
  static let boundedFloat = Formulation<RunningError<Float>>.all
  static let boundedDouble = Formulation<RunningError<Double>>.all
}
