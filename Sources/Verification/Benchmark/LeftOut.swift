/// A configuration that is not timed.
public struct LeftOut: Equatable, Sendable {
  public let configuration: BenchmarkConfiguration
  /// Bytes that it would take, beside what is timed together with it.
  public let needed: Double
  /// Bytes that may be taken.
  public let limit: Double
}
