import DeltaRule
import Testing

@Suite("How states are handed on")
struct LinkModelTests {
  let model = LinkModel(latency: 2e-6, bandwidth: 25e9, operations: 1e14)

  func shape(vectorBeta: Bool = false) throws -> BatchShape {
    try BatchShape(
      batch: 1, length: 1_000_000, keyHeads: 16, heads: 16, keyDimension: 128,
      valueDimension: 128, hasVectorBeta: vectorBeta)
  }

  /// The table of the page, in microseconds.
  @Test(arguments: [(4, 180, 84), (64, 530, 360), (1024, 890, 4800)])
  func times(ranks: Int, scan: Double, ring: Double) throws {
    for (handingOn, expected) in [(HandingOn.scan, scan), (.ring, ring)] {
      let seconds = model.seconds(for: handingOn, of: try shape(), ranks: ranks, bytes: 4)
      #expect(abs(seconds * 1e6 - expected) < 0.02 * expected, "\(handingOn)")
    }
  }

  @Test
  func manyRanksScanAndManyHeadsGoRound() throws {
    #expect(model.quicker(for: try shape(), ranks: 64, bytes: 4) == .ring)
    #expect(model.quicker(for: try shape(), ranks: 1024, bytes: 4) == .scan)
    #expect(model.quicker(for: try shape(vectorBeta: true), ranks: 1024, bytes: 4) == .ring)
  }

  @Test
  func oneRankHandsNothingOn() throws {
    for handingOn in HandingOn.allCases {
      #expect(model.seconds(for: handingOn, of: try shape(), ranks: 1, bytes: 4) == 0)
    }
  }
}
