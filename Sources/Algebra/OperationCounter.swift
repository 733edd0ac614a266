import Synchronization

/// How many scalar operations a computation took.
public struct OperationCounts: Equatable, Sendable {
  public var multiplications = 0
  /// Additions and subtractions.
  public var additions = 0
  public var divisions = 0

  public init() {}
}

/// A scalar that counts what is done to it.
///
/// It has no value. No formulation branches on a value, so that the count is a function of the
/// shape alone.
///
///     let counts = OperationCounter.counting { _ = recurrence(problem) }
public struct OperationCounter: Field {
  private final class Tally: Sendable {
    let counts = Mutex(OperationCounts())
  }

  @TaskLocal private static var tally: Tally?

  private static func record(_ operation: WritableKeyPath<OperationCounts, Int>) -> Self {
    tally?.counts.withLock { $0[keyPath: operation] += 1 }
    return Self()
  }

  /// What `body` did to scalars of this type.
  public static func counting(_ body: () throws -> Void) rethrows -> OperationCounts {
    let mine = Tally()
    try $tally.withValue(mine) { try body() }
    return mine.counts.withLock { $0 }
  }

  init() {}
  public init(_ integer: Int) {}
  public static var zero: Self { Self() }
  public static var one: Self { Self() }

  public static func + (a: Self, b: Self) -> Self { record(\.additions) }
  public static func - (a: Self, b: Self) -> Self { record(\.additions) }
  public static func * (a: Self, b: Self) -> Self { record(\.multiplications) }
  public static func / (a: Self, b: Self) -> Self { record(\.divisions) }

  /// A change of sign is not an operation.
  public static prefix func - (a: Self) -> Self { a }
}
