/// How long ranks take to hand states on, by latency and bandwidth.
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

  /// The seconds from the first message to the last state, in one direction.
  ///
  /// - Parameters:
  ///   - shape: the lengths do not matter.
  ///   - ranks: R ≥ 1.
  ///   - bytes: of one number.
  public func seconds(
    for handingOn: HandingOn, of shape: BatchShape, ranks: Int, bytes: Int
  ) -> Double {
    let columns = shape.hasVectorBeta ? 1 : shape.valueDimension
    let count = shape.batch * shape.heads * (shape.valueDimension / columns)
    guard ranks > 1, count > 0 else { return 0 }
    let (dk, dv) = (Double(shape.keyDimension), Double(columns))
    switch handingOn {
    case .scan:
      let rounds = Double(Int.bitWidth - (ranks - 1).leadingZeroBitCount)
      let numbers = Double(count) * dk * (dk + dv)
      let joins = 2 * (2 * dk * numbers)
      return rounds * (latency + Double(bytes) * numbers / bandwidth + joins / operations)
    case .ring:
      return Double(ranks + count - 2)
        * (latency + Double(bytes) * dk * dv / bandwidth + 2 * dk * dk * dv / operations)
    }
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
