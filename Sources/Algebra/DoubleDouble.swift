/// A number of about 106 significant bits, as the unevaluated sum of two `Double`s: the reference
/// for results that claim `Double` precision.
///
/// The algorithms are those of Dekker and Knuth, with the error bounds of Joldes, Muller and Popescu
/// (*Tight and rigorous error bounds for basic building blocks of double-word arithmetic*, 2017):
/// 3u² for a sum, 5u² for a product and 10u² for a quotient, u = 2⁻⁵³.
public struct DoubleDouble: Real {
  /// The nearest `Double` to the value.
  public let high: Double
  /// What is left: at most half an ulp of `high`.
  public let low: Double

  @inlinable
  init(high: Double, low: Double) {
    self.high = high
    self.low = low
  }

  @inlinable
  public init(_ value: Double) { self.init(high: value, low: 0) }

  /// - Precondition: |integer| ≤ 2⁵³.
  @inlinable
  public init(_ integer: Int) { self.init(Double(integer)) }

  @inlinable
  public static var zero: Self { Self(0.0) }
  @inlinable
  public static var one: Self { Self(1.0) }
  @inlinable
  public var double: Double { high }

  /// a + b, exactly, whatever their order of magnitude (Knuth).
  @inlinable
  static func exactSum(_ a: Double, _ b: Double) -> Self {
    let sum = a + b
    let roundedB = sum - a
    return Self(high: sum, low: (a - (sum - roundedB)) + (b - roundedB))
  }

  /// a + b, exactly, where |a| ≥ |b| (Dekker).
  @inlinable
  static func normalized(_ a: Double, _ b: Double) -> Self {
    let sum = a + b
    return Self(high: sum, low: b - (sum - a))
  }

  /// a · b, exactly, barring underflow.
  @inlinable
  static func exactProduct(_ a: Double, _ b: Double) -> Self {
    let product = a * b
    return Self(high: product, low: (-product).addingProduct(a, b))
  }

  @inlinable
  public static func + (a: Self, b: Self) -> Self {
    let highs = exactSum(a.high, b.high)
    let lows = exactSum(a.low, b.low)
    let partial = normalized(highs.high, highs.low + lows.high)
    return normalized(partial.high, lows.low + partial.low)
  }

  @inlinable
  public static func - (a: Self, b: Self) -> Self { a + Self(high: -b.high, low: -b.low) }

  @inlinable
  public static func * (a: Self, b: Self) -> Self {
    let highs = exactProduct(a.high, b.high)
    let crossed = (a.high * b.low).addingProduct(a.low, b.high)
    return normalized(highs.high, highs.low + crossed)
  }

  public static func / (a: Self, b: Self) -> Self {
    let quotient = Self(a.high / b.high)
    let remainder = a - quotient * b
    return quotient + Self(remainder.high / b.high)
  }

  /// One step of Newton's iteration from the square root of `high`.
  public func squareRoot() -> Self {
    let root = Self(high.squareRoot())
    guard root.high > 0 else { return root }
    return root + Self((self - root * root).high / (2 * root.high))
  }

  public static func < (a: Self, b: Self) -> Bool {
    a.high < b.high || (a.high == b.high && a.low < b.low)
  }
}
