import Algebra

/// A floating-point format that a kernel may claim to compute in.
public enum Precision: String, CaseIterable, Sendable {
  case f64
  case f32
  case tf32
  case bf16
  case f16

  /// The bits of the significand, the leading one included.
  var significandBits: Int {
    switch self {
    case .f64: 53
    case .f32: 24
    case .tf32, .f16: 11
    case .bf16: 8
    }
  }

  /// u: the largest relative error of rounding to nearest.
  var unitRoundoff: Double { Double(sign: .plus, exponent: -significandBits, significand: 1) }

  private var exponents: ClosedRange<Int> {
    switch self {
    case .f64: -1022...1023
    case .f32, .tf32, .bf16: -126...127
    case .f16: -14...15
    }
  }

  /// The most that rounding `value` to the format changes it, barring overflow.
  func roundingError(_ value: Double) -> Double {
    let leastNonzero = Double(
      sign: .plus, exponent: exponents.lowerBound - significandBits + 1, significand: 1)
    return max(unitRoundoff * abs(value), leastNonzero / 2)
  }

  /// The nearest number of the format, ties to even; infinite beyond its range.
  func rounded(_ value: Double) -> Double {
    rounded(value, .toNearestOrEven)
  }

  /// The next number of the format towards zero.
  func truncated(_ value: Double) -> Double { rounded(value, .towardZero) }

  private func rounded(_ value: Double, _ rule: FloatingPointRoundingRule) -> Double {
    guard self != .f64, value != 0, value.isFinite else { return value }
    let exponent = max(Int(value.exponent), exponents.lowerBound)
    let quantum = Double(sign: .plus, exponent: exponent - significandBits + 1, significand: 1)
    let rounded = (value / quantum).rounded(rule) * quantum
    return Int(rounded.exponent) > exponents.upperBound
      ? Double(signOf: value, magnitudeOf: .infinity) : rounded
  }
}
