/// Which rank holds what of a batch whose tokens are spread over ranks.
///
/// Every rank holds the next tokens of every row. A packed sequence begins on the rank that holds its first token and ends on
/// the rank that holds its last; an empty one where a token in its place would lie.
public struct SequenceSplit: Equatable, Sendable {
  /// What one rank holds.
  public struct Part: Equatable, Sendable {
    public let tokens: Range<Int>
    /// The sequences that meet the rank.
    public let sequences: Range<Int>
    /// Whether the first of them, or the one in every row, began on a rank before.
    public let continues: Bool
    /// Whether the last of them, or the one in every row, goes on on a rank after.
    public let goesOn: Bool
  }

  public let shape: BatchShape
  public let parts: [Part]

  /// - Parameter lengths: the tokens of each rank, none included.
  /// - Throws: ``ShapeError`` where those are not all tokens.
  public init(_ shape: BatchShape, lengths: [Int]) throws(ShapeError) {
    guard !lengths.isEmpty, lengths.allSatisfy((0...shape.length).contains),
      lengths.reduce(0, +) == shape.length
    else {
      throw ShapeError(
        tensor: "the split", shape: lengths,
        expected: "at least one length, none negative, \(shape.length) together")
    }
    let ends = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let last = lengths.count - 1
    let tokens = zip(ends, ends.dropFirst()).map { $0..<$1 }
    self.shape = shape
    guard let boundaries = shape.boundaries else {
      parts = tokens.enumerated().map { rank, tokens in
        Part(
          tokens: tokens, sequences: 0..<shape.batch, continues: rank > 0, goesOn: rank < last)
      }
      return
    }
    let first = boundaries.dropLast().map { start in
      tokens.firstIndex { start < $0.upperBound } ?? last
    }
    let final = zip(first, boundaries.dropFirst()).map { first, end in
      max(first, tokens.firstIndex { end <= $0.upperBound } ?? last)
    }
    parts = tokens.enumerated().map { rank, tokens in
      let start = final.firstIndex { $0 >= rank } ?? final.count
      let sequences = start..<max(start, first.firstIndex { $0 > rank } ?? first.count)
      return Part(
        tokens: tokens, sequences: sequences,
        continues: sequences.first.map { first[$0] < rank } ?? false,
        goesOn: sequences.last.map { final[$0] > rank } ?? false)
    }
  }
}
