import DeltaRule

/// How wide a head is.
public struct HeadWidths: Equatable, Sendable {
  /// dk.
  public let key: Int
  /// dv.
  public let value: Int

  public init(key: Int, value: Int) {
    self.key = key
    self.value = value
  }
}

/// Sizes of batches, of which every combination is timed.
public struct BenchmarkSizes: Sendable {
  /// L, B and H.
  public var lengths: [Int]
  public var batches: [Int]
  public var heads: [Int]
  public var widths = [64, 128].map { HeadWidths(key: $0, value: $0) }

  /// The sizes that there may be: products of two of them fit into an integer.
  public static let allowed = 1...1 << 30

  public init(lengths: [Int] = [2048], batches: [Int] = [1], heads: [Int] = [8]) {
    self.lengths = lengths
    self.batches = batches
    self.heads = heads
  }

  /// The combinations, those of one width together.
  ///
  /// - Throws: ``DeltaRule/ShapeError`` where a size is not what a batch can have.
  func shapes() throws -> [BatchShape] {
    try widths.flatMap { widths in
      try batches.flatMap { batch in
        try heads.flatMap { heads in
          try lengths.map { length in
            try BatchShape(
              batch: batch, length: length, keyHeads: heads, heads: heads,
              keyDimension: widths.key, valueDimension: widths.value)
          }
        }
      }
    }
  }
}

extension BenchmarkPass {
  /// What is timed of a batch: of a decoding step one token, of other passes all of them.
  func shape(_ batch: BatchShape) throws -> BatchShape {
    self != .decode
      ? batch
      : try BatchShape(
        batch: batch.batch, length: 1, keyHeads: batch.keyHeads, heads: batch.heads,
        keyDimension: batch.keyDimension, valueDimension: batch.valueDimension)
  }
}
