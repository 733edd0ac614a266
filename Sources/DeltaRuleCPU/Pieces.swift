/// 0..<count in pieces of `size`, of which the last may be shorter.
struct Pieces: RandomAccessCollection {
  private let total: Int
  private let size: Int

  /// - Precondition: `size` ≥ 1.
  init(of count: Int, size: Int) {
    precondition(size >= 1, "a piece holds something")
    (total, self.size) = (count, size)
  }

  var startIndex: Int { 0 }
  var endIndex: Int { (total + size - 1) / size }

  subscript(piece: Int) -> Range<Int> { piece * size..<Swift.min((piece + 1) * size, total) }
}
