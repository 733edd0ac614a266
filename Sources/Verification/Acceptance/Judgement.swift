import Algebra
import DeltaRule
import Foundation
public import TensorFiles

/// What came of one file.
public enum Verdict: Sendable {
  case judged(Judgement)
  case unreadable(TensorFileError)

  public var judgement: Judgement? {
    if case .judged(let judgement) = self { judgement } else { nil }
  }

  public var error: TensorFileError? {
    if case .unreadable(let error) = self { error } else { nil }
  }
}

/// The verdict on a case file.
public struct Judgement: Sendable {
  public let file: CaseFile
  public let tensors: [TensorJudgement]

  /// Whether every tensor is right.
  public var isRight: Bool { tensors.allSatisfy(\.isRight) }

  /// Judges what `file` holds.
  ///
  /// The reference is the recurrence in at least twice the claimed precision. The errors that honest
  /// kernels of that precision make on the same data say how large an error may be: as a whole, in
  /// each row (b, t, h) and at each element.
  ///
  /// - Throws: `TensorFileError` where the inputs are such that the reference itself overflows.
  /// - Complexity: a few times the work of the recurrence, on as many threads as there are kernels.
  public init(of file: CaseFile) async throws {
    self.file = file
    async let reference = HonestArithmetic.reference(for: file)
    let honest = try await withThrowingTaskGroup(of: HonestArithmetic.Results.self) { group in
      for kernel in HonestArithmetic.kernels(for: file) { group.addTask { try kernel() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let exact = try await reference
    guard exact.values.allSatisfy({ $0.elements.allSatisfy(\.isFinite) }) else {
      throw TensorFileError(
        file: file.name, problem: "its inputs let the exact result grow past Double",
        remedy: "normalise the keys so that β|k|² ≤ 2")
    }
    tensors = file.results.compactMap { result in
      exact[result.name].map { exact in
        TensorJudgement(
          result, exact: exact, honest: honest.compactMap { $0[result.name] }, layout: file.layout)
      }
    }
  }
}

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
  /// The element with the largest ratio; nil where the tensor is empty.
  public let worstElement: Element?

  public struct Element: Sendable {
    /// In the file's own order of axes.
    public let index: [Int]
    /// What stands there, and what should.
    public let value: Double
    public let expected: Double
  }

  public var isRight: Bool { whole <= 1 && row <= 1 && element <= 1 }

  init(
    _ result: CaseFile.Result, exact: Tensor<Double>, honest: [Tensor<Double>],
    layout: CaseFile.Layout
  ) {
    let values = result.values.elements
    let errors = zip(values, exact.elements).map { value, expected in
      value.isFinite ? abs(value - expected) : .infinity
    }
    let width = exact.shape.count == 4 ? exact.shape[3] : 1
    let excused = ExcusedErrors(exact, honest: honest, result)

    name = result.name
    whole = ratio(rootMeanSquare(errors), excused.whole, count: errors.count)
    row =
      excused.rows.enumerated().map { r, excused in
        ratio(rootMeanSquare(errors[r * width..<(r + 1) * width]), excused, count: width)
      }.max() ?? 0
    let ratios = errors.indices.map { ratio(errors[$0], excused.elements[$0], count: 1) }
    let worst = ratios.indices.max { ratios[$0] < ratios[$1] }
    element = worst.map { ratios[$0] } ?? 0
    worstElement = worst.map { worst in
      var index = exact.shape.map { _ in 0 }
      var rest = worst
      for axis in exact.shape.indices.reversed() {
        index[axis] = rest % exact.shape[axis]
        rest /= exact.shape[axis]
      }
      if layout == .headsFirst, result.isTokenwise { index.swapAt(1, 2) }
      return Element(index: index, value: values[worst], expected: exact.elements[worst])
    }
  }
}

/// An error over the largest allowed one; an exact zero needs no allowance.
///
/// Honest kernels differ among themselves by less than 3, and the root mean square of n normal deviates
/// is above 1 + 3.5/√n once in a million times.
private func ratio(_ error: Double, _ excused: Double, count: Int) -> Double {
  error == 0 ? 0 : error / (excused * 3 * (1 + 3.5 / Double(count).squareRoot()))
}

private func rootMeanSquare(_ values: some Collection<Double>) -> Double {
  // Squares of what the largest makes 1 neither overflow nor vanish together.
  guard let largest = values.max(), largest > 0, largest < .infinity else {
    return values.max() ?? 0
  }
  let squares = values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
  return largest * (squares / Double(values.count)).squareRoot()
}

/// The root mean square of the errors that the precision excuses.
private struct ExcusedErrors {
  let whole: Double
  /// For each row (b, t, h).
  let rows: [Double]
  let elements: [Double]

  /// The largest error of an honest kernel, but no less than storing the result costs.
  ///
  /// Within one head the size of an error at (row, column) is taken as a number for the row times one
  /// for the column, which leaves enough errors to estimate both from. Few numbers may be right by
  /// luck: a row, or a column, counts as if it held eight more of the size that is usual in its head.
  init(_ exact: Tensor<Double>, honest: [Tensor<Double>], _ result: CaseFile.Result) {
    let width = exact.shape.count == 4 ? exact.shape[3] : 1
    let rowCount = exact.elements.count / width
    let stored = exact.elements.map(result.storage.roundingError)
    let kernels = honest.map { kernel in
      zip(kernel.elements, zip(exact.elements, stored)).map { value, expected in
        value.isFinite ? max(abs(value - expected.0), expected.1) : expected.1
      }
    }
    whole = kernels.map(rootMeanSquare).max() ?? 0

    // [B, T, H, D]: rows of one head lie H apart. [N, H, dk, dv]: dk of them follow one another.
    let (outer, inner) = (exact.shape[1], exact.shape[2])
    func head(of row: Int) -> Int {
      result.isTokenwise
        ? row / (outer * inner) * inner + row % inner : row / inner
    }
    var rows = [Double](repeating: 0, count: rowCount)
    var elements = [Double](repeating: 0, count: exact.elements.count)
    for members in Dictionary(grouping: 0..<rowCount, by: head).values {
      for errors in kernels {
        let ofRows = members.map { rootMeanSquare(errors[$0 * width..<($0 + 1) * width]) }
        let usual = ofRows.sorted()[members.count / 2]
        let steadyRows = ofRows.map { steadied($0, count: width, usual) }
        let all = rootMeanSquare(ofRows)
        let ofColumns = (0..<width).map { column in
          let own = rootMeanSquare(members.map { errors[$0 * width + column] })
          return all == 0 ? 1 : steadied(own, count: members.count, all) / all
        }
        for (row, steady) in zip(members, steadyRows) {
          rows[row] = max(rows[row], steady)
          for column in 0..<width {
            let i = row * width + column
            elements[i] = max(elements[i], steady * ofColumns[column])
          }
        }
      }
    }
    self.rows = rows
    self.elements = elements
  }
}

/// The root mean square `own` of `count` numbers, with eight numbers of size `usual` added to them.
private func steadied(_ own: Double, count: Int, _ usual: Double) -> Double {
  let n = Double(count)
  return hypot(own * (n / (n + 8)).squareRoot(), usual * (8 / (n + 8)).squareRoot())
}
