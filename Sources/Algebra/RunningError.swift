/// A floating-point number together with a rigorous bound on its distance from the exact result of
/// the same operations on the same inputs.
///
/// The value is computed in `Base`, so that it equals, bit for bit, what the same code computes
/// without bounds. The bound follows from the standard model fl(a ∘ b) = (a ∘ b)(1 + δ), |δ| ≤ u,
/// with u the unit round-off of `Base`:
///
///     |fl(a ± b) − exact| ≤ E(a) + E(b) + u |fl(a ± b)|
///     |fl(a · b) − exact| ≤ |a| E(b) + |b| E(a) + E(a) E(b) + u |fl(a · b)| + η
///
/// where η, the least subnormal number, pays for underflow. The bound itself is a `Double`, with
/// every operation on it rounded up.
///
/// A result that is not finite has an infinite bound.
public struct RunningError<Base: BinaryFloatingPoint & Ring>: Ring {
  public let value: Base
  /// An upper bound on |value − exact|.
  public let bound: Double

  /// `value` taken as exact.
  @inlinable
  public init(exact value: Base) {
    self.value = value
    bound = 0
  }

  /// The result `value` of an operation whose operands propagate the error `bound`.
  @inlinable
  init(rounded value: Base, propagated bound: Double) {
    self.value = value
    let unitRoundoff = Double(Base.ulpOfOne) / 2
    let total = up(bound + up(unitRoundoff * Double(value.magnitude)))
    self.bound = total.isNaN || !value.isFinite ? .infinity : total
  }

  /// - Precondition: `Base` represents `integer` exactly.
  @inlinable
  public init(_ integer: Int) { self.init(exact: Base(integer)) }

  @inlinable
  public static var zero: Self { Self(exact: 0) }
  @inlinable
  public static var one: Self { Self(exact: 1) }

  @inlinable
  public static func + (a: Self, b: Self) -> Self {
    Self(rounded: a.value + b.value, propagated: up(a.bound + b.bound))
  }

  @inlinable
  public static func - (a: Self, b: Self) -> Self {
    Self(rounded: a.value - b.value, propagated: up(a.bound + b.bound))
  }

  @inlinable
  public static func * (a: Self, b: Self) -> Self {
    let fromB = up((Double(a.value.magnitude) + a.bound).nextUp * b.bound)
    let fromA = up(Double(b.value.magnitude) * a.bound)
    let underflow = Double(Base.leastNonzeroMagnitude)
    return Self(rounded: a.value * b.value, propagated: up(up(fromA + fromB) + underflow))
  }

  /// A change of sign rounds nothing.
  @inlinable
  public static prefix func - (a: Self) -> Self { Self(value: -a.value, bound: a.bound) }

  @inlinable
  init(value: Base, bound: Double) {
    self.value = value
    self.bound = bound
  }
}

/// Next upwards: above the exact result of the operation that `bound` was rounded from, but for products
/// that vanished, which η pays for.
@inlinable
func up(_ bound: Double) -> Double { bound == 0 ? 0 : bound.nextUp }
