extension Float: Real {
  @inlinable
  public static var one: Float { 1 }

  @inlinable
  public var double: Double { Double(self) }
}

extension Double: Real {
  @inlinable
  public static var one: Double { 1 }

  @inlinable
  public var double: Double { self }
}
