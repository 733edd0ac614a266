/// A scalar that knows how deep it lies: how many operations must follow one another before it is
/// there, if everything that can happen at once does.
///
/// Inputs and constants lie at depth 0, a result one deeper than its deepest operand. Like
/// ``OperationCounter`` it has no value.
public struct CriticalPath: Field {
  public let depth: Int

  @inlinable
  init(depth: Int) { self.depth = depth }

  @inlinable
  public init(_ integer: Int) { depth = 0 }

  @inlinable
  static func after(_ a: Self, _ b: Self) -> Self { Self(depth: max(a.depth, b.depth) + 1) }

  @inlinable
  public static var zero: Self { Self(depth: 0) }
  @inlinable
  public static var one: Self { Self(depth: 0) }
  @inlinable
  public static func + (a: Self, b: Self) -> Self { after(a, b) }
  @inlinable
  public static func - (a: Self, b: Self) -> Self { after(a, b) }
  @inlinable
  public static func * (a: Self, b: Self) -> Self { after(a, b) }
  @inlinable
  public static func / (a: Self, b: Self) -> Self { after(a, b) }

  /// A change of sign is not an operation.
  @inlinable
  public static prefix func - (a: Self) -> Self { a }
}
