public import BigInt

/// An exact number m·2ᵉ: the value of any finite binary floating-point number, and closed under
/// `+`, `−` and `×`.
///
/// It is the oracle of the floating-point laws: the exact result of the very float input is
/// available, so that a float result's true error is known and not guessed.
public struct Dyadic: Ring, Comparable, Hashable {
  /// m: odd, or zero.
  public let significand: BigInt
  /// e: zero where m is zero.
  public let exponent: Int

  /// m·2ᵉ.
  public init(significand: BigInt, exponent: Int) {
    let trailing = significand.isZero ? 0 : significand.magnitude.trailingZeroBitCount
    self.significand = significand >> trailing
    self.exponent = significand.isZero ? 0 : exponent + trailing
  }

  public init(_ integer: Int) { self.init(significand: BigInt(integer), exponent: 0) }

  /// The exact value of `value`, or nil where it is infinite or not a number.
  public init?(exactly value: some BinaryFloatingPoint) {
    guard value.isFinite else { return nil }
    let double = Double(value)
    guard double != 0 else {
      self = .zero
      return
    }
    // The significand as an integer: 52 bits after the leading one.
    self.init(
      significand: BigInt(double.significand * 0x1p52) * (double < 0 ? -1 : 1),
      exponent: Int(double.exponent) - 52)
  }

  public static var zero: Dyadic { Dyadic(0) }
  public static var one: Dyadic { Dyadic(1) }

  public static func + (a: Dyadic, b: Dyadic) -> Dyadic {
    let exponent = min(a.exponent, b.exponent)
    return Dyadic(
      significand: (a.significand << (a.exponent - exponent))
        + (b.significand << (b.exponent - exponent)),
      exponent: exponent)
  }

  public static func - (a: Dyadic, b: Dyadic) -> Dyadic {
    a + Dyadic(significand: -b.significand, exponent: b.exponent)
  }

  public static func * (a: Dyadic, b: Dyadic) -> Dyadic {
    Dyadic(significand: a.significand * b.significand, exponent: a.exponent + b.exponent)
  }

  public static func < (a: Dyadic, b: Dyadic) -> Bool { (a - b).significand.sign == .minus }

  public var magnitude: Dyadic {
    Dyadic(significand: BigInt(significand.magnitude), exponent: exponent)
  }
}

extension Dyadic: CustomStringConvertible {
  public var description: String {
    exponent >= 0 ? "\(significand << exponent)" : "\(significand)/2^\(-exponent)"
  }
}

extension Dyadic {
  /// The nearest `Double` or its neighbour.
  public var double: Double {
    // 64 leading bits are more than a Double holds.
    let excess = max(0, significand.magnitude.bitWidth - 64)
    let leading = Double(Int128(significand >> excess))
    return leading == 0 ? 0 : Double(sign: .plus, exponent: exponent + excess, significand: leading)
  }
}
