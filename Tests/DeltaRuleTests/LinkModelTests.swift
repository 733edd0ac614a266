import DeltaRule
import Testing

@Suite("How states are handed on")
struct LinkModelTests {
  let model = LinkModel(latency: 2e-6, bandwidth: 25e9, operations: 1e14)

  func shape(length: Int = 1_000_000, vectorBeta: Bool = false) throws -> BatchShape {
    try BatchShape(
      batch: 1, length: length, keyHeads: 16, heads: 16, keyDimension: 128,
      valueDimension: 128, hasVectorBeta: vectorBeta)
  }

  /// Every term by hand, for four ranks, three heads, dk = 2, dv = 3 and numbers of five bytes: a state has 30 bytes and
  /// applying a transition takes 24 operations, a transition has 50 bytes and joining two takes 40.
  @Test(arguments: [
    (Exchange.scan, 2, 2 * 3 * 50, 3 * 3 * 40, 2 * 3 * 50),
    (.linearScan, 3, 3 * 3 * 50, 3 * 3 * 40, 3 * 50),
    (.ring, 5, 5 * 30, 5 * 24, 3 * 30),
    (.allGather, 2, 3 * 3 * 50, 3 * 3 * 24, 3 * 3 * 50),
    // Blocks of 25 tokens: 3 heads of 5 numbers a token, and 2 · 25 · 25 · 5 operations a head.
    (.ringAttention, 3, 3 * 25 * 3 * 25, 3 * 3 * 6250, 3 * 25 * 3 * 25),
  ])
  func loads(
    exchange: Exchange, messages: Int, bytes: Int, operations: Int, sent: Int
  ) throws {
    let shape = try BatchShape(
      batch: 1, length: 100, keyHeads: 1, heads: 3, keyDimension: 2, valueDimension: 3)
    let load = exchange.load(of: shape, ranks: 4, bytes: 5)
    #expect(
      load
        == ExchangeLoad(
          messages: Double(messages), bytes: Double(bytes), operations: Double(operations),
          overlaps: exchange == .ringAttention, sent: Double(sent)))
  }

  @Test
  func secondsAddUpUnlessWorkAndMessagesOverlap() {
    let model = LinkModel(latency: 3, bandwidth: 10, operations: 4)
    func load(overlaps: Bool) -> ExchangeLoad {
      ExchangeLoad(messages: 2, bytes: 50, operations: 8, overlaps: overlaps, sent: 0)
    }
    #expect(model.seconds(for: load(overlaps: false)) == 6 + 5 + 2)
    #expect(model.seconds(for: load(overlaps: true)) == 6 + 5)
  }

  @Test
  func onlyRingAttentionDependsOnTheLength() throws {
    for exchange in Exchange.allCases {
      let loads = try [1000, 1_000_000].map {
        exchange.load(of: try shape(length: $0), ranks: 8, bytes: 4)
      }
      #expect((loads[0] == loads[1]) == (exchange != .ringAttention), "\(exchange)")
    }
  }

  @Test
  func manyRanksScanAndManyHeadsGoRound() throws {
    #expect(model.quicker(for: try shape(), ranks: 64, bytes: 4) == .ring)
    #expect(model.quicker(for: try shape(), ranks: 1024, bytes: 4) == .scan)
    #expect(model.quicker(for: try shape(vectorBeta: true), ranks: 1024, bytes: 4) == .ring)
  }

  @Test
  func oneRankExchangesNothing() throws {
    for exchange in Exchange.allCases {
      #expect(model.seconds(for: exchange, of: try shape(), ranks: 1, bytes: 4) == 0)
    }
  }
}
