/// `Base` arithmetic with sums taken in order, one term after the other, as most kernels take them:
/// less accurate than by halves.
public struct InOrder<Base: Real>: Real {
  @usableFromInline
  let base: Base

  @inlinable
  init(base: Base) { self.base = base }
  @inlinable
  public init(_ integer: Int) { self.init(base: Base(integer)) }
  @inlinable
  public init(_ value: Double) { self.init(base: Base(value)) }

  @inlinable
  public static var zero: Self { Self(base: .zero) }
  @inlinable
  public static var one: Self { Self(base: .one) }
  @inlinable
  public var double: Double { base.double }

  @inlinable
  public static func + (a: Self, b: Self) -> Self { Self(base: a.base + b.base) }
  @inlinable
  public static func - (a: Self, b: Self) -> Self { Self(base: a.base - b.base) }
  @inlinable
  public static func * (a: Self, b: Self) -> Self { Self(base: a.base * b.base) }
  @inlinable
  public static func / (a: Self, b: Self) -> Self { Self(base: a.base / b.base) }
  @inlinable
  public static prefix func - (a: Self) -> Self { Self(base: -a.base) }
  @inlinable
  public static func < (a: Self, b: Self) -> Bool { a.base < b.base }
  @inlinable
  public func squareRoot() -> Self { Self(base: base.squareRoot()) }

  @inlinable
  public static func sum(_ range: Range<Int>, _ term: (Int) -> Self) -> Self {
    range.reduce(.zero) { $0 + term($1) }
  }
}
