public import BigInt

/// An exact fraction, in lowest terms, with a positive denominator.
///
/// Slow (the greatest common divisor of every operation), and readable: for unit keys without
/// square roots, worked examples and identities that divide.
public struct Rational: Field, Hashable, Comparable {
  public let numerator: BigInt
  public let denominator: BigInt

  /// - Precondition: `denominator` is not zero.
  public init(_ numerator: BigInt, over denominator: BigInt) {
    precondition(!denominator.isZero, "a fraction with denominator zero")
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    let unit: BigInt = denominator.sign == .minus ? -divisor : divisor
    self.numerator = numerator / unit
    self.denominator = denominator / unit
  }

  public init(_ integer: Int) {
    numerator = BigInt(integer)
    denominator = 1
  }

  public static var zero: Rational { Rational(0) }
  public static var one: Rational { Rational(1) }

  public static func < (a: Rational, b: Rational) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  public static func + (a: Rational, b: Rational) -> Rational {
    Rational(
      a.numerator * b.denominator + b.numerator * a.denominator,
      over: a.denominator * b.denominator)
  }

  public static func - (a: Rational, b: Rational) -> Rational {
    Rational(
      a.numerator * b.denominator - b.numerator * a.denominator,
      over: a.denominator * b.denominator)
  }

  public static func * (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.numerator, over: a.denominator * b.denominator)
  }

  /// - Precondition: `b` is not zero.
  public static func / (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.denominator, over: a.denominator * b.numerator)
  }
}

extension Rational: CustomStringConvertible {
  public var description: String {
    denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
  }
}
