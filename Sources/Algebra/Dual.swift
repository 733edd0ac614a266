/// A number a + b·ε with ε² = 0: a value and its derivative in one direction.
///
/// Whatever is computed with duals computes its own directional derivative by the rules of the
/// calculus, exactly: over an exact ring the derivative is exact. Duals over a ring are a ring again,
/// so that they nest; `Dual<Dual<PrimeField>>` holds second derivatives.
public struct Dual<Base: Ring>: Ring {
  public var value: Base
  /// The coefficient of ε.
  public var tangent: Base

  @inlinable
  public init(_ value: Base, tangent: Base) {
    self.value = value
    self.tangent = tangent
  }

  /// A constant.
  @inlinable
  public init(_ value: Base) { self.init(value, tangent: .zero) }

  @inlinable
  public init(_ integer: Int) { self.init(Base(integer)) }

  @inlinable
  public static var zero: Self { Self(Base.zero) }
  @inlinable
  public static var one: Self { Self(Base.one) }

  @inlinable
  public static func + (a: Self, b: Self) -> Self {
    Self(a.value + b.value, tangent: a.tangent + b.tangent)
  }

  @inlinable
  public static func - (a: Self, b: Self) -> Self {
    Self(a.value - b.value, tangent: a.tangent - b.tangent)
  }

  @inlinable
  public static func * (a: Self, b: Self) -> Self {
    Self(a.value * b.value, tangent: a.value * b.tangent + a.tangent * b.value)
  }

  @inlinable
  public static prefix func - (a: Self) -> Self { Self(-a.value, tangent: -a.tangent) }
}

extension Dual: Field where Base: Field {
  @inlinable
  public static func / (a: Self, b: Self) -> Self {
    let quotient = a.value / b.value
    return Self(quotient, tangent: (a.tangent - quotient * b.tangent) / b.value)
  }
}

extension Dual: Comparable where Base: Comparable {
  /// The order of the values.
  @inlinable
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

extension Dual: Real where Base: Real {
  @inlinable
  public init(_ value: Double) { self.init(Base(value)) }

  @inlinable
  public var double: Double { value.double }

  /// - Precondition: the value is not zero, where the root has no derivative.
  @inlinable
  public func squareRoot() -> Self {
    let root = value.squareRoot()
    return Self(root, tangent: tangent / (root + root))
  }
}

extension Dual: CustomStringConvertible {
  public var description: String { "\(value) + \(tangent)·ε" }
}
