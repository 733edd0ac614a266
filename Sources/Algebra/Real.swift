/// An ordered field with square roots: what norms need.
public protocol Real: Field, Comparable {
  /// The nearest value of this type.
  init(_ value: Double)

  /// The nearest `Double`.
  var double: Double { get }

  func squareRoot() -> Self
}
