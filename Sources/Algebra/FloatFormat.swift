/// A binary floating-point format of at most 53 significant bits, and the ways to round to it.
public struct FloatFormat: Hashable, Sendable {
  public let name: String
  /// The bits of the significand, the leading one included.
  public let significandBits: Int
  /// The exponents of the normal numbers.
  public let exponents: ClosedRange<Int>

  /// IEEE 754 binary64.
  public static let binary64 = FloatFormat("f64", 53, -1022...1023)
  /// IEEE 754 binary32.
  public static let binary32 = FloatFormat("f32", 24, -126...127)
  /// What tensor cores keep of a binary32 operand.
  public static let tf32 = FloatFormat("tf32", 11, -126...127)
  /// The upper half of binary32.
  public static let bfloat16 = FloatFormat("bf16", 8, -126...127)
  /// IEEE 754 binary16.
  public static let binary16 = FloatFormat("f16", 11, -14...15)

  private init(_ name: String, _ significandBits: Int, _ exponents: ClosedRange<Int>) {
    self.name = name
    self.significandBits = significandBits
    self.exponents = exponents
    leastNormalMagnitude = Double(sign: .plus, exponent: exponents.lowerBound, significand: 1)
    leastNonzeroMagnitude = Double(
      sign: .plus, exponent: exponents.lowerBound - significandBits + 1, significand: 1)
    let largest = 2 - Double(sign: .plus, exponent: 1 - significandBits, significand: 1)
    greatestFiniteMagnitude = Double(
      sign: .plus, exponent: exponents.upperBound, significand: largest)
  }

  /// The least positive normal number.
  public let leastNormalMagnitude: Double
  /// The least positive number: the distance of subnormal numbers.
  public let leastNonzeroMagnitude: Double
  public let greatestFiniteMagnitude: Double

  /// u: the largest relative error of rounding to nearest.
  public var unitRoundoff: Double {
    Double(sign: .plus, exponent: -significandBits, significand: 1)
  }

  /// The most that rounding `value` to nearest changes it, barring overflow.
  public func roundingError(_ value: Double) -> Double {
    max(unitRoundoff * abs(value), leastNonzeroMagnitude / 2)
  }

  /// The distance of `value`, which is finite, from the next number of the format.
  public func ulp(_ value: Double) -> Double {
    max(2 * unitRoundoff * value.binade.magnitude, leastNonzeroMagnitude)
  }

  /// What becomes of the bits that a format has no room for.
  public enum Rounding: Hashable, Sendable {
    /// To the nearest number; halfway, to the one whose last bit is zero (IEEE 754's default).
    case toNearestEven
    /// To the next number towards zero: the rest is dropped.
    case towardZero
    /// Away from zero with the probability that the rest is of the distance, so that the mean is exact.
    ///
    /// - Parameter random: 64 bits, uniform.
    case stochastic(random: UInt64)
  }

  /// The number of the format that `value` rounds to; beyond its range infinity, or, towards zero, the greatest.
  ///
  /// Zeros keep their sign, and what is not finite stays as it is.
  @inlinable
  public func rounded(_ value: Double, _ rounding: Rounding = .toNearestEven) -> Double {
    let magnitude = value.magnitude
    guard significandBits < 53, magnitude < .infinity else { return value }
    let rounded =
      magnitude < leastNormalMagnitude
      ? subnormal(magnitude, rounding) : normal(magnitude, rounding)
    if rounded <= greatestFiniteMagnitude { return Double(signOf: value, magnitudeOf: rounded) }
    if case .towardZero = rounding {
      return Double(signOf: value, magnitudeOf: greatestFiniteMagnitude)
    }
    return Double(signOf: value, magnitudeOf: .infinity)
  }

  /// Adds to the bits that will be cut off what makes them carry into the ones that are kept.
  @inlinable
  func normal(_ magnitude: Double, _ rounding: Rounding) -> Double {
    let dropped = UInt64(53 - significandBits)
    let rest: UInt64 = (1 << dropped) - 1
    let bits = magnitude.bitPattern
    let carry: UInt64 =
      switch rounding {
      case .toNearestEven: rest >> 1 + (bits >> dropped) & 1
      case .towardZero: 0
      case .stochastic(let random): random & rest
      }
    return Double(bitPattern: (bits + carry) & ~rest)
  }

  @inlinable
  func subnormal(_ magnitude: Double, _ rounding: Rounding) -> Double {
    let steps = magnitude / leastNonzeroMagnitude
    switch rounding {
    case .toNearestEven: return steps.rounded(.toNearestOrEven) * leastNonzeroMagnitude
    case .towardZero: return steps.rounded(.towardZero) * leastNonzeroMagnitude
    case .stochastic(let random):
      let kept = steps.rounded(.towardZero)
      let isCarried = Double(random >> 11) * 0x1p-53 < steps - kept
      return (isCarried ? kept + 1 : kept) * leastNonzeroMagnitude
    }
  }
}
