/// How large a batch is, and where its sequences lie.
public struct BatchShape: Equatable, Sendable {
  /// B.
  public let batch: Int
  /// L, all packed sequences together.
  public let length: Int
  /// Hk, the heads of queries and keys.
  public let keyHeads: Int
  /// H, the heads of values.
  public let heads: Int
  /// dk.
  public let keyDimension: Int
  /// dv.
  public let valueDimension: Int
  /// Whether every value column has writing strengths of its own.
  public let hasVectorBeta: Bool
  /// `cu_seqlens`.
  public let boundaries: [Int]?

  /// - Throws: ``ShapeError`` where heads are not a multiple of key heads, or a size is not what a batch can have;
  ///   ``BoundariesError`` where packed sequences do not cover the tokens.
  public init(
    batch: Int, length: Int, keyHeads: Int, heads: Int, keyDimension: Int, valueDimension: Int,
    hasVectorBeta: Bool = false, boundaries: [Int]? = nil
  ) throws {
    let (q, v) = ([batch, length, keyHeads, keyDimension], [batch, length, heads, valueDimension])
    guard batch >= 0, length >= 0, keyHeads > 0, keyDimension > 0 else {
      throw ShapeError(tensor: "q", shape: q, expected: "[B, L, Hk, dk] with Hk, dk ≥ 1")
    }
    guard valueDimension > 0, heads > 0, heads % keyHeads == 0 else {
      throw ShapeError(
        tensor: "v", shape: v,
        expected: "[B, L, H, dv] with dv ≥ 1 and H a multiple of the \(keyHeads) heads of q")
    }
    if let boundaries {
      guard batch == 1, boundaries.first == 0, boundaries.last == length,
        zip(boundaries, boundaries.dropFirst()).allSatisfy({ $0 <= $1 })
      else {
        throw BoundariesError(boundaries: boundaries, batch: batch, length: length)
      }
    }
    self.batch = batch
    self.length = length
    self.keyHeads = keyHeads
    self.heads = heads
    self.keyDimension = keyDimension
    self.valueDimension = valueDimension
    self.hasVectorBeta = hasVectorBeta
    self.boundaries = boundaries
  }

  /// One head of one sequence.
  init(length: Int, keyDimension: Int, valueDimension: Int, hasVectorBeta: Bool) {
    (batch, keyHeads, heads, boundaries) = (1, 1, 1, nil)
    self.length = length
    self.keyDimension = keyDimension
    self.valueDimension = valueDimension
    self.hasVectorBeta = hasVectorBeta
  }

  /// N.
  public var sequenceCount: Int { boundaries.map { $0.count - 1 } ?? batch }

  /// The tokens of the longest sequence.
  public var longestSequence: Int {
    boundaries.map { zip($0.dropFirst(), $0).map(-).max() ?? 0 } ?? length
  }

  /// Which key head value head `head` reads.
  public func keyHead(of head: Int) -> Int { head / (heads / keyHeads) }

  /// Where sequence `sequence` lies: its row of the batch and its tokens there.
  public func location(ofSequence sequence: Int) -> (batch: Int, tokens: Range<Int>) {
    guard let boundaries else { return (sequence, 0..<length) }
    return (0, boundaries[sequence]..<boundaries[sequence + 1])
  }

  /// [B, L, Hk, dk].
  public var keys: [Int] { [batch, length, keyHeads, keyDimension] }
  /// [B, L, H, dv].
  public var values: [Int] { [batch, length, heads, valueDimension] }
  /// [B, L, H], or [B, L, H, dv].
  public var strengths: [Int] {
    [batch, length, heads] + (hasVectorBeta ? [valueDimension] : [])
  }
  /// [N, H, dk, dv].
  public var states: [Int] { [sequenceCount, heads, keyDimension, valueDimension] }
}

/// Boundaries of packed sequences that do not cover the tokens.
public struct BoundariesError: Error, Equatable, CustomStringConvertible {
  public let boundaries: [Int]
  public let batch: Int
  public let length: Int

  public var description: String {
    guard batch == 1 else {
      return "cu_seqlens packs sequences into a batch of 1, but this batch holds \(batch)"
    }
    let shown = boundaries.prefix(8).map { "\($0)" } + (boundaries.count > 8 ? ["…"] : [])
    return "cu_seqlens [\(shown.joined(separator: ", "))] must rise from 0 to L = \(length)"
  }
}
