import Algebra
import DeltaRule
import PropertyTesting

/// An exact field whose elements can be drawn, simple ones first.
public protocol DrawnScalar: Field {
  /// What tables and property names call the field.
  static var fieldName: String { get }

  /// The formulations over this field.
  static var formulations: [Formulation<Self>] { get }

  static func drawn(from source: inout ChoiceSource) -> Self
}

extension Field {
  @inlinable
  static func fraction(_ numerator: Int, _ denominator: Int) -> Self {
    Self(numerator) / Self(denominator)
  }
}

extension PrimeField: DrawnScalar {
  public static var fieldName: String { "GF(2⁶¹−1)" }

  public static var formulations: [Formulation<PrimeField>] { Formulations.primeField }

  /// Uniform, as the lemma of Schwartz and Zippel asks.
  public static func drawn(from source: inout ChoiceSource) -> PrimeField {
    PrimeField(source.choose(through: modulus - 1))
  }
}

extension Rational: DrawnScalar {
  public static var fieldName: String { "rationals" }

  public static var formulations: [Formulation<Rational>] { Formulations.rational }

  public static func drawn(from source: inout ChoiceSource) -> Rational {
    fraction(source.integer(in: -4...4), source.integer(in: 1...3))
  }
}
