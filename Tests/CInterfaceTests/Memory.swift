import CDeltaNet
import DeltaRule

/// How a tensor [B, L, H, D] lies in memory: its order, and the numbers between rows that are nobody's.
struct Layout {
  var headsFirst = false
  var gap = 0

  /// Without gaps, which the header says with zeros.
  static let contiguous = Layout()
  static let all = [contiguous, Layout(gap: 3), Layout(headsFirst: true, gap: 5)]
}

/// A tensor in memory that was filled with a number that no tensor holds.
final class Memory<Number: BinaryFloatingPoint & Sendable> {
  let strides: deltanet_strides
  let start: UnsafeMutablePointer<Number>
  private let block: UnsafeMutableBufferPointer<Number>
  private let rows: [Int]
  private let width: Int
  private let filler: Number = -77

  /// - Parameter shape: [B, L, H], or [B, L, H, D] as states are, too.
  init(_ shape: [Int], _ layout: Layout = .contiguous) {
    width = shape.count == 4 ? shape[3] : 1
    let row = width + layout.gap
    let (token, head) = layout.headsFirst ? (row, shape[1] * row) : (shape[2] * row, row)
    let batch = shape[1] * shape[2] * row
    rows = (0..<shape[0]).flatMap { b in
      (0..<shape[1]).flatMap { t in
        (0..<shape[2]).map { b * batch + t * token + $0 * head }
      }
    }
    strides =
      layout.headsFirst || layout.gap > 0
      ? deltanet_strides(batch: Int64(batch), token: Int64(token), head: Int64(head))
      : deltanet_strides(batch: 0, token: 0, head: 0)
    block = .allocate(capacity: max(1, shape[0] * batch))
    block.initialize(repeating: filler)
    start = block.baseAddress.unsafelyUnwrapped
  }

  convenience init(_ tensor: Tensor<Number>, _ layout: Layout = .contiguous) {
    self.init(tensor.shape, layout)
    for (i, element) in tensor.elements.enumerated() {
      block[rows[i / width] + i % width] = element
    }
  }

  deinit { block.deallocate() }

  var elements: [Number] {
    rows.flatMap { row in (0..<width).map { block[row + $0] } }
  }

  var isUntouched: Bool { block.allSatisfy { $0 == filler } }

  /// Whether nobody has written into the gaps.
  var isUntouchedAround: Bool {
    let inside = Set(rows.flatMap { $0..<$0 + width })
    return block.indices.allSatisfy { inside.contains($0) || block[$0] == filler }
  }
}
