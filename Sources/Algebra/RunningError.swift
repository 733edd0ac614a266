/// A floating-point number together with a rigorous bound on its distance from the exact result of
/// the same operations on the same inputs.
///
/// The value is computed in `Base`, so that it equals, bit for bit, what the same code computes
/// without bounds. The bound follows operation by operation:
///
///     |fl(a ± b) − exact| ≤ E(a) + E(b) + e(a ± b)
///     |fl(a · b) − exact| ≤ |a| E(b) + |b| E(a) + E(a) E(b) + e(a · b)
///
/// where e is what `Base` loses in that one operation: u |fl(a ∘ b)| in the standard model, and for
/// a product one least number more, which pays for underflow. The bound itself is a `Double`, with every
/// operation on it rounded up.
///
/// A result that is not finite has an infinite bound.
public struct RunningError<Base: RoundedArithmetic>: Ring {
  public let value: Base
  /// An upper bound on |value − exact|.
  public let bound: Double

  /// `value` taken as exact.
  @inlinable
  public init(exact value: Base) {
    self.value = value
    bound = 0
  }

  /// The result `value` of an operation that loses `own` itself, and whose operands propagate the
  /// error `bound`.
  @inlinable
  init(rounded value: Base, own: Double, propagated bound: Double) {
    self.value = value
    let total = up(bound + up(own))
    self.bound = total.isNaN || !value.double.isFinite ? .infinity : total
  }

  /// - Precondition: `Base` represents `integer` exactly.
  @inlinable
  public init(_ integer: Int) { self.init(exact: Base(integer)) }

  @inlinable
  public static var zero: Self { Self(exact: .zero) }
  @inlinable
  public static var one: Self { Self(exact: .one) }

  @inlinable
  public static func + (a: Self, b: Self) -> Self {
    let result = a.value + b.value
    return Self(
      rounded: result, own: Base.additionError(of: result), propagated: up(a.bound + b.bound))
  }

  @inlinable
  public static func - (a: Self, b: Self) -> Self {
    let result = a.value - b.value
    return Self(
      rounded: result, own: Base.additionError(of: result), propagated: up(a.bound + b.bound))
  }

  @inlinable
  public static func * (a: Self, b: Self) -> Self {
    let result = a.value * b.value
    let fromB = up((a.value.double.magnitude + a.bound).nextUp * b.bound)
    let fromA = up(b.value.double.magnitude * a.bound)
    return Self(
      rounded: result, own: Base.multiplicationError(of: result, a.value, b.value),
      propagated: up(fromA + fromB))
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

extension RunningError: BitwiseCopyable where Base: BitwiseCopyable {}

/// Next upwards: above the exact result of the operation that `bound` was rounded from, but for products
/// that vanished, which η pays for.
@inlinable
func up(_ bound: Double) -> Double { bound == 0 ? 0 : bound.nextUp }
