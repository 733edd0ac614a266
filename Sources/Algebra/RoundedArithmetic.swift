/// Arithmetic that rounds, and says by how much at most.
public protocol RoundedArithmetic: Ring {
  /// The value, exactly; of more than 53 bits the nearest `Double`, and the bounds below have twice what they need.
  var double: Double { get }

  /// An upper bound on |result − (a + b)|, where `result` is the sum or difference that was computed.
  static func additionError(of result: Self) -> Double

  /// An upper bound on |result − a·b|, where `result` is the product that was computed.
  static func multiplicationError(of result: Self, _ a: Self, _ b: Self) -> Double
}

/// The standard model |δ| ≤ u; sums that underflow are exact, products lose at most the least number η.
extension RoundedArithmetic where Self: BinaryFloatingPoint {
  @inlinable
  public static func additionError(of result: Self) -> Double {
    Double(ulpOfOne) / 2 * Double(result.magnitude)
  }

  @inlinable
  public static func multiplicationError(of result: Self, _ a: Self, _ b: Self) -> Double {
    additionError(of: result) + Double(leastNonzeroMagnitude)
  }
}

extension Float: RoundedArithmetic {}
extension Double: RoundedArithmetic {}

/// 3u² of a sum and 5u² of a product, u = 2⁻⁵³, doubled and more: running errors take `double` for the value, which is
/// wrong by a factor of 1 ± u in each operation.
extension DoubleDouble: RoundedArithmetic {
  @inlinable
  public static func additionError(of result: Self) -> Double { 0x1p-102 * result.high.magnitude }

  /// Where a part of the product underflows, some least numbers more.
  @inlinable
  public static func multiplicationError(of result: Self, _ a: Self, _ b: Self) -> Double {
    additionError(of: result) + 0x1p-1060
  }
}
