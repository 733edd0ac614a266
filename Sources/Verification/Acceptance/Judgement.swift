import Algebra
import DeltaRule
import TensorFiles

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
    let (problem, usesL2Norm) = (file.problem, file.usesL2Norm)
    let doubled = file.precision == .f64
    async let reference =
      doubled
      ? HonestArithmetic.solution(of: problem, usesL2Norm: usesL2Norm, DoubleDouble.init) {
        recurrence($0)
      }
      : HonestArithmetic.solution(of: problem, usesL2Norm: usesL2Norm, { $0 }) { recurrence($0) }
    let kernels = HonestArithmetic.solutions(
      of: problem, usesL2Norm: usesL2Norm, in: file.precision)
    let honest = await withTaskGroup(of: BatchedSolution<Double>.self) { group in
      for kernel in kernels { group.addTask { kernel() } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let exact = await reference
    guard (exact.o.elements + exact.finalState.elements).allSatisfy(\.isFinite) else {
      throw TensorFileError(
        file: file.name, problem: "its inputs let the exact state grow past Double",
        remedy: "normalise the keys so that β|k|² ≤ 2")
    }
    tensors = file.results.map { result in
      let pick: (BatchedSolution<Double>) -> Tensor<Double> =
        result.name == "o" ? { $0.o } : { $0.finalState }
      return TensorJudgement(
        result, exact: pick(exact), honest: honest.map(pick), layout: file.layout)
    }
  }
}

/// The verdict on one tensor.
///
/// Each ratio is an error over the error that the precision excuses there.
public struct TensorJudgement: Sendable {
  public let name: String
  /// The root mean square of the errors of the whole tensor.
  public let whole: Double
  /// The largest ratio of the rows (b, t, h).
  public let row: Double
  /// The largest ratio of single elements.
  public let element: Double
  /// Where the element with the largest ratio is, in the file's own order of axes.
  public let worstIndex: [Int]
  /// What stands there, and what should.
  public let worstValue: Double
  public let worstExpected: Double

  /// What the ratios may be. Honest kernels differ among themselves by less than two; the largest of a
  /// million normal deviates is five, and rows lie in between.
  public static let limits = (whole: 3.0, row: 6.0, element: 12.0)

  public var isRight: Bool {
    whole <= Self.limits.whole && row <= Self.limits.row && element <= Self.limits.element
  }

  init(
    _ result: CaseFile.Result, exact: Tensor<Double>, honest: [Tensor<Double>],
    layout: CaseFile.Layout
  ) {
    name = result.name
    let width = exact.shape[3]
    let rows = exact.elements.count / width
    let values = result.values.elements
    let errors = zip(values, exact.elements).map { value, expected in
      value.isFinite ? abs(value - expected) : .infinity
    }
    let excused = excusedErrors(
      exact: exact, honest: honest,
      roundoff: result.storage.unitRoundoff)

    var worst = (ratio: -1.0, index: 0)
    var worstRow = 0.0
    for r in 0..<rows {
      let range = r * width..<(r + 1) * width
      worstRow = max(worstRow, ratio(rootMeanSquare(errors[range]), excused.rows[r]))
      for i in range {
        let ratio = ratio(errors[i], excused.rows[r])
        if ratio > worst.ratio { worst = (ratio, i) }
      }
    }
    whole = ratio(rootMeanSquare(errors[...]), excused.whole)
    row = worstRow
    element = max(0, worst.ratio)
    worstValue = values.isEmpty ? 0 : values[worst.index]
    worstExpected = values.isEmpty ? 0 : exact.elements[worst.index]
    let inOrder = exact.shape.indices.reversed().reduce(into: (rest: worst.index, index: [Int]())) {
      state, axis in
      state.index.insert(state.rest % max(1, exact.shape[axis]), at: 0)
      state.rest /= max(1, exact.shape[axis])
    }.index
    let swapped = layout == .headsFirst && result.name != "final_state"
    worstIndex = swapped ? [inOrder[0], inOrder[2], inOrder[1], inOrder[3]] : inOrder
  }
}

/// An error over what is excused there; an exact zero needs no excuse.
private func ratio(_ error: Double, _ excused: Double) -> Double {
  error == 0 ? 0 : error / excused
}

private func rootMeanSquare(_ values: ArraySlice<Double>) -> Double {
  values.isEmpty ? 0 : (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}

/// The root mean square of the errors that the precision excuses, for each row and for the whole.
///
/// A row is excused the largest error that an honest kernel makes there, but never less than rounding
/// the result costs, nor than half of what is usual among the rows: one row of one element may be
/// right by luck.
private func excusedErrors(
  exact: Tensor<Double>, honest: [Tensor<Double>], roundoff: Double
) -> (rows: [Double], whole: Double) {
  let width = exact.shape[3]
  let made = honest.map { kernel in
    zip(kernel.elements, exact.elements).map { $0.isFinite ? abs($0 - $1) : 0 }
  }
  let rounding = exact.elements.map { roundoff * abs($0) }
  let rows = (0..<exact.elements.count / width).map { r in
    let range = r * width..<(r + 1) * width
    return (made + [rounding]).map { rootMeanSquare($0[range]) }.max() ?? 0
  }
  let usual = rows.sorted()[rows.count / 2..<min(rows.count, rows.count / 2 + 1)].first ?? 0
  return (
    rows.map { max($0, usual / 2) },
    (made + [rounding]).map { rootMeanSquare($0[...]) }.max() ?? 0
  )
}
