/// How ranks that share a sequence learn what they must of each other's tokens.
///
/// - Source: derived; proof: `Proofs/SequenceParallel.md#scan-or-ring`.
public enum Exchange: String, CaseIterable, Sendable {
  /// Transitions are scanned by recursive doubling: ``HandingOn/scan``.
  case scan
  /// Transitions are scanned from rank to rank.
  case linearScan = "linear scan"
  /// States go from rank to rank, one head after another: ``HandingOn/ring``.
  case ring
  /// Every rank receives every transition and applies those before its own to a state, as flash-linear-attention's do.
  case allGather = "all-gather"
  /// Keys and values go round while the scores of those that are there are computed: attention that is not linear.
  case ringAttention = "ring attention"

  /// What the exchange takes, in one direction.
  ///
  /// - Parameters:
  ///   - shape: the length matters to ring attention alone.
  ///   - ranks: R ≥ 1.
  ///   - bytes: of one number.
  public func load(of shape: BatchShape, ranks: Int, bytes: Int) -> ExchangeLoad {
    let columns = shape.hasVectorBeta ? 1 : shape.valueDimension
    let count = shape.batch * shape.heads * (shape.valueDimension / columns)
    guard ranks > 1, count > 0 else { return .none }
    let (R, H, b) = (Double(ranks), Double(count), Double(bytes))
    let (dk, dv) = (Double(shape.keyDimension), Double(columns))
    let rounds = Double(Int.bitWidth - (ranks - 1).leadingZeroBitCount)
    let (state, transition) = (b * dk * dv, b * dk * (dk + dv))
    let (step, join) = (2 * dk * dk * dv, 2 * dk * dk * (dk + dv))
    switch self {
    case .scan:
      return ExchangeLoad(
        messages: rounds, bytes: rounds * H * transition,
        operations: (2 * rounds - 1) * H * join,
        sent: rounds * H * transition)
    case .linearScan:
      return ExchangeLoad(
        messages: R - 1, bytes: (R - 1) * H * transition, operations: (R - 1) * H * join,
        sent: H * transition)
    case .ring:
      let steps = R + H - 2
      return ExchangeLoad(
        messages: steps, bytes: steps * state, operations: steps * step, sent: H * state)
    case .allGather:
      return ExchangeLoad(
        messages: rounds, bytes: (R - 1) * H * transition, operations: (R - 1) * H * step,
        sent: (R - 1) * H * transition)
    case .ringAttention:
      let heads = Double(shape.batch * shape.heads)
      let widths = dk + Double(shape.valueDimension)
      let tokens = Double(shape.length) / R
      let sent = (R - 1) * b * heads * tokens * widths
      return ExchangeLoad(
        messages: R - 1, bytes: sent, operations: (R - 1) * 2 * heads * tokens * tokens * widths,
        overlaps: true, sent: sent)
    }
  }
}

/// What an exchange takes from its first message to its end.
public struct ExchangeLoad: Equatable, Sendable {
  /// The messages that wait for one another.
  public let messages: Double
  /// The bytes of these messages.
  public let bytes: Double
  /// The additions and multiplications between them.
  public let operations: Double
  /// Whether the operations are carried out while messages are on their way.
  public let overlaps: Bool
  /// The bytes that a rank sends, at most.
  public let sent: Double

  public init(
    messages: Double, bytes: Double, operations: Double, overlaps: Bool = false, sent: Double
  ) {
    self.messages = messages
    self.bytes = bytes
    self.operations = operations
    self.overlaps = overlaps
    self.sent = sent
  }

  static let none = ExchangeLoad(messages: 0, bytes: 0, operations: 0, sent: 0)
}
