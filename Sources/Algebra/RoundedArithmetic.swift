/// Arithmetic that rounds, and says by how much at most.
public protocol RoundedArithmetic: Ring {
  /// The value, exactly.
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
