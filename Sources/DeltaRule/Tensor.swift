public import Algebra

/// A row-major array of any rank.
public struct Tensor<Element: Sendable>: Sendable {
  public let shape: [Int]
  @usableFromInline
  var storage: [Element]

  /// The elements, last axis fastest.
  @inlinable
  public var elements: [Element] { storage }

  /// - Precondition: there are as many elements as the shape says.
  @inlinable
  public init(shape: [Int], elements: [Element]) {
    precondition(elements.count == shape.reduce(1, *), "\(elements.count) elements for \(shape)")
    self.shape = shape
    storage = elements
  }

  /// A tensor of one element repeated.
  @inlinable
  public init(repeating element: Element, shape: [Int]) {
    self.init(shape: shape, elements: Array(repeating: element, count: shape.reduce(1, *)))
  }

  /// Where in `elements` the first indices `leading` point to.
  @inlinable
  func offset(_ leading: [Int]) -> Int {
    zip(shape, leading).reduce(0) { $0 * $1.0 + $1.1 } * shape[leading.count...].reduce(1, *)
  }

  @inlinable
  public func map<Result>(_ transform: (Element) throws -> Result) rethrows -> Tensor<Result> {
    Tensor<Result>(shape: shape, elements: try storage.map(transform))
  }
}

extension Tensor: Equatable where Element: Equatable {}

extension Tensor where Element: Ring {
  /// Tokens `range` of one head of a [B, L, H, D] tensor, or of a [B, L, H] tensor (D = 1): a matrix
  /// with one row a token.
  @inlinable
  public subscript(batch: Int, tokens range: Range<Int>, head head: Int) -> Matrix<Element> {
    get {
      let width = shape.count == 4 ? shape[3] : 1
      let (start, stride) = (offset([batch, range.lowerBound, head]), shape[2] * width)
      return Matrix(range.count, width) { row, column in
        storage[start + row * stride + column]
      }
    }
    set {
      let width = newValue.columns
      let (start, stride) = (offset([batch, range.lowerBound, head]), shape[2] * width)
      for row in 0..<range.count {
        for column in 0..<width {
          storage[start + row * stride + column] = newValue[row, column]
        }
      }
    }
  }

  /// One head's state in an [N, H, dk, dv] tensor.
  @inlinable
  public subscript(sequence: Int, stateOfHead head: Int) -> Matrix<Element> {
    get {
      let start = offset([sequence, head])
      return Matrix(
        rows: shape[2], columns: shape[3],
        entries: Array(storage[start..<start + shape[2] * shape[3]]))
    }
    set {
      let start = offset([sequence, head])
      storage.replaceSubrange(start..<start + shape[2] * shape[3], with: newValue.entries)
    }
  }
}
