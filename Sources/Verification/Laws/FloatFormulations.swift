import Algebra
import DeltaRule

extension Formulations {
  static let float = Formulation<Float>.all
  static let double = Formulation<Double>.all
  static let boundedFloat = Formulation<RunningError<Float>>.unspecialized
  static let boundedDouble = Formulation<RunningError<Double>>.unspecialized
  static let bfloat16 = Formulation<BFloat16>.unspecialized
  static let boundedBFloat16 = Formulation<RunningError<BFloat16>>.unspecialized
  static let binary16 = Formulation<Binary16>.unspecialized
  static let boundedBinary16 = Formulation<RunningError<Binary16>>.unspecialized
  static let tf32 = Formulation<TF32>.unspecialized
  static let boundedTF32 = Formulation<RunningError<TF32>>.unspecialized
}
