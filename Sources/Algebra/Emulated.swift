/// A format that numbers can be kept in after every operation.
public protocol EmulatedFormat: Sendable {
  static var format: FloatFormat { get }
}

/// Arithmetic of a narrow format: every operation is exact and then rounded once, to nearest even.
///
/// It is done in `Double`, whose 53 bits are more than twice those of the format and two: rounding
/// to them first changes nothing (Figueroa 1995).
public struct Emulated<Format: EmulatedFormat>: Real, RoundedArithmetic {
  /// The value.
  public let double: Double

  /// `value` rounded to the format.
  @inlinable
  public init(_ value: Double) { double = Format.format.rounded(value) }
  @inlinable
  public init(_ integer: Int) { self.init(Double(integer)) }

  @inlinable
  public static var zero: Self { Self(0.0) }
  @inlinable
  public static var one: Self { Self(1.0) }

  @inlinable
  public static func + (a: Self, b: Self) -> Self { Self(a.double + b.double) }
  @inlinable
  public static func - (a: Self, b: Self) -> Self { Self(a.double - b.double) }
  @inlinable
  public static func * (a: Self, b: Self) -> Self { Self(a.double * b.double) }
  @inlinable
  public static func / (a: Self, b: Self) -> Self { Self(a.double / b.double) }
  @inlinable
  public static prefix func - (a: Self) -> Self { Self(-a.double) }
  @inlinable
  public static func < (a: Self, b: Self) -> Bool { a.double < b.double }
  @inlinable
  public func squareRoot() -> Self { Self(double.squareRoot()) }

  @inlinable
  public static func additionError(of result: Self) -> Double {
    Format.format.unitRoundoff * result.double.magnitude
  }

  @inlinable
  public static func multiplicationError(of result: Self, _ a: Self, _ b: Self) -> Double {
    additionError(of: result) + Format.format.leastNonzeroMagnitude
  }
}

public enum BFloat16Format: EmulatedFormat {
  public static var format: FloatFormat { .bfloat16 }
}

public enum Binary16Format: EmulatedFormat {
  public static var format: FloatFormat { .binary16 }
}

/// bfloat16: 8 significant bits, the range of `Float`.
public typealias BFloat16 = Emulated<BFloat16Format>

/// IEEE 754 binary16: 11 significant bits, largest number 65504.
public typealias Binary16 = Emulated<Binary16Format>

/// tf32, as tensor cores compute: operands of a product lose all but 11 significant bits, products and
/// sums are `Float`.
public struct TF32: Real, RoundedArithmetic {
  @usableFromInline
  let value: Float

  @inlinable
  init(value: Float) { self.value = value }
  @inlinable
  public init(_ value: Double) { self.init(value: Float(value)) }
  @inlinable
  public init(_ integer: Int) { self.init(value: Float(integer)) }

  @inlinable
  public static var zero: Self { Self(value: 0) }
  @inlinable
  public static var one: Self { Self(value: 1) }
  @inlinable
  public var double: Double { Double(value) }

  /// What enters a product.
  @inlinable
  var operand: Double { FloatFormat.tf32.rounded(double) }

  @inlinable
  public static func + (a: Self, b: Self) -> Self { Self(value: a.value + b.value) }
  @inlinable
  public static func - (a: Self, b: Self) -> Self { Self(value: a.value - b.value) }
  @inlinable
  public static func * (a: Self, b: Self) -> Self { Self(a.operand * b.operand) }
  @inlinable
  public static func / (a: Self, b: Self) -> Self { Self(value: a.value / b.value) }
  @inlinable
  public static prefix func - (a: Self) -> Self { Self(value: -a.value) }
  @inlinable
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  @inlinable
  public func squareRoot() -> Self { Self(value: value.squareRoot()) }

  @inlinable
  public static func additionError(of result: Self) -> Double {
    Float.additionError(of: result.value)
  }

  /// The operands' own roundings are known, and exact in `Double`.
  @inlinable
  public static func multiplicationError(of result: Self, _ a: Self, _ b: Self) -> Double {
    let fromA = up((a.double - a.operand).magnitude * b.double.magnitude)
    let fromB = up((b.double - b.operand).magnitude * a.operand.magnitude)
    return up(
      up(fromA + fromB) + Float.multiplicationError(of: result.value, a.value, b.value))
  }
}
