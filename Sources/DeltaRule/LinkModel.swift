/// How long ranks take to exchange what they must, by latency and bandwidth.
///
/// A message of m bytes takes `latency` + m / `bandwidth` seconds, x operations take x / `operations`; ranks work at the same
/// time, and links do not share their bandwidth.
///
/// - Source: derived; proof: `Proofs/SequenceParallel.md#scan-or-ring`.
public struct LinkModel: Equatable, Sendable {
  /// Seconds.
  public let latency: Double
  /// Bytes a second.
  public let bandwidth: Double
  /// Additions and multiplications a second, of one rank.
  public let operations: Double

  public init(latency: Double, bandwidth: Double, operations: Double) {
    self.latency = latency
    self.bandwidth = bandwidth
    self.operations = operations
  }

  /// The seconds from the first message to the end.
  public func seconds(for load: ExchangeLoad) -> Double {
    let transfer = load.messages * latency + load.bytes / bandwidth
    let work = load.operations / operations
    return load.overlaps ? max(transfer, work) : transfer + work
  }

  /// The seconds of an exchange, in one direction.
  ///
  /// - Parameters:
  ///   - shape: the length matters to ring attention alone.
  ///   - ranks: R ≥ 1.
  ///   - bytes: of one number.
  public func seconds(
    for exchange: Exchange, of shape: BatchShape, ranks: Int, bytes: Int
  ) -> Double {
    seconds(for: exchange.load(of: shape, ranks: ranks, bytes: bytes))
  }

  /// What takes less time; the scan where both take the same.
  public func quicker(for shape: BatchShape, ranks: Int, bytes: Int) -> HandingOn {
    let (scan, ring) = (
      seconds(for: .scan, of: shape, ranks: ranks, bytes: bytes),
      seconds(for: .ring, of: shape, ranks: ranks, bytes: bytes)
    )
    return ring < scan ? .ring : .scan
  }
}
