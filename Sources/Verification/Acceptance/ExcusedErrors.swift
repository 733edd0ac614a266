import Algebra
import DeltaRule
import Foundation

/// The errors that a precision excuses in one tensor, from those that honest kernels make in it.
///
/// An error is judged thrice: all together against the largest of the honest kernels; a row, and an
/// element, also against the rest of the same tensor, since an honest kernel spreads its errors as the
/// others spread theirs.
struct ExcusedErrors {
  /// The root mean square of all errors.
  private let whole: Double
  /// The size of the errors in each row (b, t, h), and of each element.
  private let rows: [Double]
  private let elements: [Double]
  /// How far single rows and elements of honest kernels stand out from the size of all.
  private let rowStandout: Double
  private let elementStandout: Double
  /// What rounding the results costs.
  private let storage: [Double]
  private let width: Int

  /// An honest kernel may be that many times less accurate than those that it is compared with.
  private static let leeway = 3.0
  /// It may stand out that many times further: where everything is rounded to one format a few roundings of
  /// large sums decide, which differ from kernel to kernel; where sums are wider, many small ones add up.
  private let standoutLeeway: Double

  /// The largest error of an honest kernel, but no less than storing the result costs.
  ///
  /// Within one head the size of an error at (row, column) is taken as a number for the row times one
  /// for the column, which leaves enough errors to estimate both from. Few numbers may be right by
  /// luck: a row, or a column, counts as if it held eight more of the size that is usual in its head.
  init(
    _ exact: Tensor<Double>, honest: [Tensor<Double>], _ result: CaseFile.Result,
    claiming precision: Precision
  ) {
    standoutLeeway = precision == .f32 || precision == .f64 ? 3 : 2.5
    let width = exact.shape.count == 4 ? exact.shape[3] : 1
    let rowCount = exact.elements.count / width
    let storage = exact.elements.map(result.storage.format.roundingError)
    let kernels = honest.map { kernel in
      zip(kernel.elements, zip(exact.elements, storage)).map { value, expected in
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
    self.storage = storage
    self.width = width
    rowStandout =
      kernels.map { standout(rowSizes(of: $0, width: width), among: rows) }.max() ?? 0
    elementStandout = kernels.map { standout($0, among: elements) }.max() ?? 0
  }

  /// Errors over the largest that are allowed.
  func ratios(of errors: [Double]) -> (whole: Double, rows: [Double], elements: [Double]) {
    let sizes = rowSizes(of: errors, width: width)
    let stored = rowSizes(of: storage, width: width)
    return (
      ratio(rootMeanSquare(errors), Self.leeway * whole * chance(errors.count)),
      ratios(of: sizes, rows, count: width, rowStandout, stored),
      ratios(of: errors, elements, count: 1, elementStandout, storage)
    )
  }

  /// Whether none of the errors is larger than is allowed.
  func allow(_ errors: [Double]) -> Bool {
    let ratios = ratios(of: errors)
    return ratios.whole <= 1 && ratios.rows.allSatisfy { $0 <= 1 }
      && ratios.elements.allSatisfy { $0 <= 1 }
  }

  /// - Parameters:
  ///   - sizes: root mean squares of `count` errors each.
  ///   - excused: what they are among honest kernels.
  ///   - standout: how far one of these stands out.
  ///   - stored: what rounding the result costs.
  private func ratios(
    of sizes: [Double], _ excused: [Double], count: Int, _ standout: Double, _ stored: [Double]
  ) -> [Double] {
    let own = steadied(relativeSize(sizes, to: excused), count: sizes.count, 1)
    let furthest = own * standoutLeeway * max(standout, chance(count))
    return sizes.indices.map { i in
      ratio(
        sizes[i],
        min(
          Self.leeway * chance(count) * excused[i], furthest * excused[i] + 1.001 * stored[i]))
    }
  }
}

/// An exact zero needs no allowance.
private func ratio(_ error: Double, _ allowed: Double) -> Double {
  error == 0 ? 0 : error / allowed
}

/// What the root mean square of `count` normal deviates exceeds once in a million times.
private func chance(_ count: Int) -> Double { 1 + 3.5 / Double(max(1, count)).squareRoot() }

/// The size of errors in units of others'.
private func relativeSize(_ sizes: [Double], to excused: [Double]) -> Double {
  rootMeanSquare(
    zip(sizes, excused).lazy.filter { $0.1 > 0 && $0.0 < .infinity }.map { $0.0 / $0.1 })
}

/// How far the furthest of an honest kernel's errors stands out from all of them.
private func standout(_ sizes: [Double], among excused: [Double]) -> Double {
  let own = relativeSize(sizes, to: excused)
  let furthest = zip(sizes, excused).lazy.filter { $0.1 > 0 }.map { $0.0 / $0.1 }.max() ?? 0
  return own > 0 ? furthest / own : 0
}

private func rowSizes(of errors: [Double], width: Int) -> [Double] {
  width == 1
    ? errors
    : stride(from: 0, to: errors.count, by: width).map {
      rootMeanSquare(errors[$0..<$0 + width])
    }
}

/// The root mean square `own` of `count` numbers, with eight numbers of size `usual` added to them.
private func steadied(_ own: Double, count: Int, _ usual: Double) -> Double {
  let n = Double(count)
  return hypot(own * (n / (n + 8)).squareRoot(), usual * (8 / (n + 8)).squareRoot())
}
