/// The integers modulo the Mersenne prime p = 2⁶¹ − 1: the work-horse of the exact laws.
///
/// Arithmetic is exact and costs a few nanoseconds, four orders of magnitude less than a rational.
/// A test here is a proof with a stated doubt. By the lemma of Schwartz and Zippel, a polynomial
/// identity of total degree n that is false holds at uniformly drawn elements with probability at
/// most n / p. An output `o_t` has degree at most 3t + 3 in the inputs (more by the degree of the
/// identity that it enters), so that a false identity at L = 256 passes *one* uniformly drawn case
/// with probability at most 771 / 2⁶¹ < 4·10⁻¹⁶, and n independent cases with that to the n-th power.
///
/// Laws draw elements uniformly for that reason; small numbers would make the bound void.
public struct PrimeField: Field, Hashable {
  /// p = 2⁶¹ − 1.
  public static let modulus: UInt64 = (1 << 61) - 1

  /// The representative in `0..<modulus`.
  public let residue: UInt64

  @inlinable
  init(residue: UInt64) { self.residue = residue }

  /// The class of `value`.
  @inlinable
  public init(_ value: UInt64) { residue = value % Self.modulus }

  @inlinable
  public init(_ integer: Int) {
    let magnitude = PrimeField(UInt64(integer.magnitude))
    self = integer < 0 ? .zero - magnitude : magnitude
  }

  @inlinable
  public static var zero: PrimeField { PrimeField(residue: 0) }

  @inlinable
  public static var one: PrimeField { PrimeField(residue: 1) }

  /// `value`, known to be below 2p, brought below p.
  @inlinable
  static func reducing(_ value: UInt64) -> PrimeField {
    PrimeField(residue: value >= modulus ? value &- modulus : value)
  }

  @inlinable
  public static func + (a: PrimeField, b: PrimeField) -> PrimeField {
    reducing(a.residue &+ b.residue)
  }

  @inlinable
  public static func - (a: PrimeField, b: PrimeField) -> PrimeField {
    reducing(a.residue &+ modulus &- b.residue)
  }

  /// Since 2⁶¹ ≡ 1, the product is congruent to the sum of its low and its high 61 bits.
  @inlinable
  public static func * (a: PrimeField, b: PrimeField) -> PrimeField {
    let product = a.residue.multipliedFullWidth(by: b.residue)
    let low = product.low & modulus
    let high = (product.low &>> 61) | (product.high &<< 3)
    return reducing(low &+ high)
  }

  /// - Precondition: `b` is not zero.
  /// - Complexity: about 120 multiplications; the reciprocal is `b` to the power p − 2.
  public static func / (a: PrimeField, b: PrimeField) -> PrimeField {
    precondition(b != .zero, "division by zero in the prime field")
    return a * b.raised(to: modulus - 2)
  }

  func raised(to exponent: UInt64) -> PrimeField {
    var result = PrimeField.one
    var square = self
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

extension PrimeField: CustomStringConvertible {
  /// The representative nearest to zero, so that the image of a small integer reads as itself.
  public var description: String {
    residue > Self.modulus / 2 ? "-\(Self.modulus - residue)" : "\(residue)"
  }
}
