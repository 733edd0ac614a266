/// A [B, L, H, D] tensor in memory, or [B, L, H] with D = 1, in any order of its first three axes. The D numbers of a row lie
/// side by side, rows do not overlap, and those of neighbouring tokens lie less than 2³¹ numbers apart. Nothing need be
/// aligned.
public struct TensorPointer<Number: Sendable>: @unchecked Sendable {
  /// The first number; nil where there is none, because nobody wants the tensor or because it is empty.
  public var start: UnsafeMutablePointer<Number>?
  /// How many numbers further the next row of the batch, the next token and the next head begin.
  public var batchStride: Int
  public var tokenStride: Int
  public var headStride: Int

  public init(
    _ start: UnsafeMutablePointer<Number>?, batchStride: Int, tokenStride: Int, headStride: Int
  ) {
    self.start = start
    self.batchStride = batchStride
    self.tokenStride = tokenStride
    self.headStride = headStride
  }

  /// A tensor without gaps.
  ///
  /// - Parameter shape: [B, L, H] or [B, L, H, D].
  public init(_ start: UnsafeMutablePointer<Number>?, contiguous shape: [Int]) {
    let width = shape.count == 4 ? shape[3] : 1
    self.init(
      start, batchStride: shape[1] * shape[2] * width, tokenStride: shape[2] * width,
      headStride: width)
  }

  /// Nothing.
  public static var none: TensorPointer {
    TensorPointer(nil, batchStride: 0, tokenStride: 0, headStride: 0)
  }
}

/// Rows of a matrix in memory, how many numbers apart.
struct Rows<Number> {
  var start: UnsafeMutablePointer<Number>?
  var stride: Int

  func from(row: Int = 0, column: Int = 0) -> Rows {
    Rows(start: start.map { $0 + row * stride + column }, stride: stride)
  }

  subscript(row: Int) -> UnsafeMutablePointer<Number> { start.unsafelyUnwrapped + row * stride }
}
