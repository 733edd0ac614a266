/// A commutative ring: a set with addition, subtraction and multiplication that obey the laws of
/// the integers.
///
/// Every formulation of the delta rule is written over `Ring`, because none divides: the only
/// inverse that appears, `T = (I + A)⁻¹ diag(β)`, is that of a *unit* triangle. Each equality of two
/// formulations is therefore an identity of polynomials with integer coefficients, and holds in
/// every commutative ring or in none.
///
/// The floating-point types conform too. They are rings up to rounding: `+` and `×` do not
/// associate, which is what the stability laws are about.
///
/// A protocol of its own, since the standard library's `SignedNumeric` asks for a comparable
/// magnitude, which finite fields, dual numbers and intervals have not.
public protocol Ring: AdditiveArithmetic, Sendable {
  /// The neutral element of multiplication.
  static var one: Self { get }

  /// The image of an integer: `one` added to itself that many times.
  init(_ integer: Int)

  static func * (a: Self, b: Self) -> Self

  static prefix func - (a: Self) -> Self
}

extension Ring {
  @inlinable
  public static prefix func - (a: Self) -> Self { zero - a }

  @inlinable
  public static func *= (a: inout Self, b: Self) { a = a * b }
}

/// The sum of `term(i)` for `i` in `range`; zero where that is empty.
///
/// Taken by halves: the additions that depend on one another number ⌈log₂ n⌉ instead of n − 1, and so do
/// the roundings that one term suffers.
///
/// - Complexity: n − 1 additions, where n = `range.count`.
@inlinable
public func sum<Scalar: Ring>(_ range: Range<Int>, _ term: (Int) -> Scalar) -> Scalar {
  switch range.count {
  case 0: return .zero
  case 1: return term(range.lowerBound)
  default:
    let middle = range.lowerBound + range.count / 2
    return sum(range.lowerBound..<middle, term) + sum(middle..<range.upperBound, term)
  }
}
