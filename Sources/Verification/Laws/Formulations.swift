import Algebra
import BigInt
import DeltaRule

/// The formulations over each number type that laws run them on.
///
/// In one place, because each list makes the compiler write every formulation out for its type.
enum Formulations {
  static let primeField = Formulation<PrimeField>.all
  static let rational = Formulation<Rational>.unspecialized
  static let dual = Formulation<Dual<PrimeField>>.all
  static let twiceDual = Formulation<Dual<Dual<PrimeField>>>.all
  static let symbolic = Formulation<Polynomial<BigInt>>.unspecialized
  static let counting = Formulation<OperationCounter>.unspecialized
  static let dualCounting = Formulation<Dual<OperationCounter>>.unspecialized
  static let timing = Formulation<CriticalPath>.unspecialized
}
