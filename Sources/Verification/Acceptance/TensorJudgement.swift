import DeltaRule
import Glibc

/// The verdict on one tensor.
///
/// Each ratio is an error over the largest that is allowed there: at most 1 where it is right.
public struct TensorJudgement: Sendable {
  public let name: String
  /// For the root mean square of all errors.
  public let whole: Double
  /// For the root mean square of the errors in a row (b, t, h): the largest.
  public let row: Double
  /// For single errors: the largest.
  public let element: Double
  /// For a factor common to all values.
  public let bias: Double
  /// The element with the largest ratio; nil where the tensor is empty.
  public let worstElement: Element?
  /// −log₂ of the root mean square of all errors over that of the exact values.
  public let bits: Double
  /// Those of the least accurate of the honest kernels that it is compared with.
  public let honestBits: Double
  /// The bits in each of up to eight equal parts of the sequences, from the first tokens to the last; of a state,
  /// nothing.
  public let bitsOverTokens: [Double]

  public struct Element: Sendable {
    /// In the file's own order of axes.
    public let index: [Int]
    /// What stands there, and what should.
    public let value: Double
    public let expected: Double
    /// [b, t, h, d], or [n, h, i, j] of a state.
    let place: [Int]
  }

  public var isRight: Bool { whole <= 1 && row <= 1 && element <= 1 && bias <= 1 }

  /// The largest of the ratios.
  public var ratio: Double { max(whole, row, element, bias) }

  init(
    _ result: CaseFile.Result, exact: Tensor<Double>, _ excused: ExcusedErrors,
    in file: CaseFile
  ) {
    let values = result.values.elements
    let errors = result.values.errors(from: exact)
    let ratios = excused.ratios(of: errors)
    name = result.name
    whole = ratios.whole
    row = ratios.rows.max() ?? 0
    bias = errors.allSatisfy(\.isFinite) ? excused.biasRatio(of: result.values, exact) : .infinity
    let worst = ratios.elements.indices.max { ratios.elements[$0] < ratios.elements[$1] }
    element = worst.map { ratios.elements[$0] } ?? 0
    worstElement = worst.map { worst in
      let place = exact.indices(ofElement: worst)
      return Element(
        index: file.indexInFile(place, of: result.name), value: values[worst],
        expected: exact.elements[worst], place: place)
    }
    let size = rootMeanSquare(exact.elements.map(abs))
    bits = accuracy(errors: rootMeanSquare(errors), values: size)
    honestBits = accuracy(errors: excused.whole, values: size)
    bitsOverTokens =
      result.isTokenwise
      ? file.tokenParts(of: exact).map { elements in
        accuracy(
          errors: rootMeanSquare(elements.map { errors[$0] }),
          values: rootMeanSquare(elements.map { abs(exact.elements[$0]) }))
      } : []
  }
}

extension CaseFile {
  /// The elements of a tensor with a token axis, in up to eight equal parts of the longest sequence.
  fileprivate func tokenParts(of tensor: Tensor<Double>) -> [[Int]] {
    let longest = problem.shape.longestSequence
    let count = min(8, longest)
    var parts = [[Int]](repeating: [], count: count)
    let width = tensor.shape[2...].reduce(1, *)
    guard width > 0 else { return [] }
    for row in 0..<tensor.elements.count / width {
      let (batch, token) = row.quotientAndRemainder(dividingBy: tensor.shape[1])
      let part = position([batch, token]).token * count / longest
      parts[part] += row * width..<(row + 1) * width
    }
    return parts
  }
}

/// −log₂ of a relative error: 53 at most, where it is nothing; 0 at least, where it is everything.
func accuracy(errors: Double, values: Double) -> Double {
  guard errors > 0 else { return 53 }
  return errors < values ? min(53, -log2(errors / values)) : 0
}

extension Tensor<Double> {
  /// |this − exact|, infinite where this is not finite.
  func errors(from exact: Tensor) -> [Double] {
    zip(elements, exact.elements).map { $0.isFinite ? abs($0 - $1) : .infinity }
  }

  /// The indices along each axis of the element at `offset`.
  func indices(ofElement offset: Int) -> [Int] {
    var indices = shape
    var rest = offset
    for axis in shape.indices.reversed() {
      (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
    }
    return indices
  }
}

/// √(Σ x²/n) of numbers that are not negative.
func rootMeanSquare(_ values: some Collection<Double>) -> Double {
  // Squares of what the largest makes 1 neither overflow nor vanish together.
  guard let largest = values.max(), largest > 0, largest < .infinity else {
    return values.max() ?? 0
  }
  let squares = values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
  return largest * (squares / Double(values.count)).squareRoot()
}
