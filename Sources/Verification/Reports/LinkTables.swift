import DeltaRule
internal import Reporting

/// The tables of `Proofs/SequenceParallel.md#scan-or-ring`, and the curves beside them: what one layer takes forwards, by a model of no
/// machine in particular.
public struct LinkTables: Sendable {
  let model = LinkModel(latency: 2e-6, bandwidth: 25e9, operations: 1e14)
  let heads = 16
  let width = 128
  let bytes = 4
  let chunkLength = 64
  let ranks = [4, 64, 1024]
  let tokens = [100_000, 1_000_000, 10_000_000]

  public init() {}

  /// Both tables, in Markdown.
  public var markdown: String {
    get throws { try [handingOn, growing].map(\.markdown).joined(separator: "\n\n") + "\n" }
  }

  /// How long states take to get across, for each number of ranks, and what a rank sends.
  private var handingOn: TextTable {
    get throws {
      let exchanges: [Exchange] = [.scan, .linearScan, .ring, .allGather]
      var table = TextTable(
        [("ranks", .right)] + exchanges.map { ($0.rawValue, .right) }
          + [("a rank sends: scan", .right), ("ring", .right), ("all-gather", .right)])
      for ranks in ranks {
        table.append(
          try [ranks.grouped] + exchanges.map { secondsText(try seconds($0, ranks: ranks)) }
            + [.scan, .ring, .allGather].map { bytesText(try load($0, ranks: ranks).sent) })
      }
      return table
    }
  }

  /// What grows with the tokens: the work of each rank, and ring attention.
  private var growing: TextTable {
    get throws {
      var table = TextTable([
        ("tokens", .right), ("ranks", .right), ("outputs", .right), ("transitions", .right),
        ("ring attention sends", .right), ("in", .right), ("computes", .right),
      ])
      for tokens in tokens {
        for ranks in ranks.dropFirst() {
          let load = try load(.ringAttention, ranks: ranks, tokens: tokens)
          table.append([
            tokens.grouped, ranks.grouped,
            secondsText(work(outputs, ranks: ranks, tokens: tokens)),
            secondsText(work(transitions, ranks: ranks, tokens: tokens)), bytesText(load.sent),
            secondsText(load.messages * model.latency + load.bytes / model.bandwidth),
            secondsText(load.operations / model.operations),
          ])
        }
      }
      return table
    }
  }

  /// A point of a curve.
  public struct Point: Encodable, Sendable {
    public let exchange: String
    public let ranks: Int
    public let tokens: Int
    public let seconds: Double
    /// By a rank, at most.
    public let bytes: Double
  }

  /// Every exchange, for 2 to 1,024 ranks with the most tokens, and for 10⁴ to 10⁷ tokens on the most ranks.
  public var points: [Point] {
    get throws {
      let mostRanks = ranks[ranks.count - 1]
      let mostTokens = tokens[tokens.count - 1]
      let sizes =
        (1...10).map { (1 << $0, mostTokens) }
        + [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000].map {
          (mostRanks, $0)
        }
      return try Exchange.allCases.flatMap { exchange in
        try sizes.map { ranks, tokens in
          Point(
            exchange: exchange.rawValue, ranks: ranks, tokens: tokens,
            seconds: try seconds(exchange, ranks: ranks, tokens: tokens),
            bytes: try load(exchange, ranks: ranks, tokens: tokens).sent)
        }
      }
    }
  }

  private func load(_ exchange: Exchange, ranks: Int, tokens: Int = 0) throws -> ExchangeLoad {
    try exchange.load(
      of: BatchShape(
        batch: 1, length: tokens, keyHeads: heads, heads: heads, keyDimension: width,
        valueDimension: width),
      ranks: ranks, bytes: bytes)
  }

  private func seconds(_ exchange: Exchange, ranks: Int, tokens: Int = 0) throws -> Double {
    model.seconds(for: try load(exchange, ranks: ranks, tokens: tokens))
  }

  /// The seconds of a rank for its tokens.
  private func work(_ operationsOfToken: Double, ranks: Int, tokens: Int) -> Double {
    Double(heads) * Double(tokens) / Double(ranks) * operationsOfToken / model.operations
  }

  /// Additions and multiplications a token, to leading order: `Proofs/Costs.md#costs`.
  private var outputs: Double {
    let (C, d) = (Double(chunkLength), Double(width))
    return 2 * (5 * C * d + 3 * d * d + C * C / 6)
  }

  /// Additions and multiplications a token, to leading order.
  private var transitions: Double {
    let (C, d) = (Double(chunkLength), Double(width))
    return 2 * (4 * d * d + 3 * C * d + C * C / 6)
  }
}

private func secondsText(_ seconds: Double) -> String {
  switch seconds {
  case 1...: "\(twoDigits(seconds)) s"
  case 1e-3...: "\(twoDigits(seconds * 1e3)) ms"
  default: "\(twoDigits(seconds * 1e6)) µs"
  }
}

private func bytesText(_ bytes: Double) -> String {
  bytes < 1e9 ? "\(twoDigits(bytes * 1e-6)) MB" : "\(twoDigits(bytes * 1e-9)) GB"
}

/// With two digits or more.
private func twoDigits(_ value: Double) -> String { value.fixed(value < 9.95 ? 1 : 0) }
