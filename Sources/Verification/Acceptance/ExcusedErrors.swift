import Algebra
import DeltaRule
import Glibc

/// The errors that a precision excuses in one tensor, from those that honest kernels make in it.
///
/// An error is judged thrice: all together against the largest of the honest kernels; a row, and an
/// element, also against the rest of the same tensor, since an honest kernel spreads its errors as the
/// others spread theirs.
struct ExcusedErrors {
  /// The root mean square of all errors.
  let whole: Double
  /// How far a factor common to all values may be off 1.
  private let bias: Double
  /// The size of the errors in each row (b, t, h), and of each element.
  private let rows: [Double]
  private let elements: [Double]
  /// How far single rows and elements of honest kernels stand out from the size of all.
  private let rowStandout: Double
  private let elementStandout: Double
  /// What rounding the results costs.
  private let storage: [Double]
  private let width: Int

  /// An honest kernel may be that many times less accurate than those that it is compared with, and its errors
  /// may stand out that many times further from one another.
  private static let leeway = 3.0

  /// The largest error of an honest kernel, but no less than storing the result costs.
  ///
  /// Within one head the size of an error at (row, column) is taken as a number for the row times one
  /// for the column, which leaves enough errors to estimate both from. Few numbers may be right by
  /// luck: a row, or a column, counts as if it held eight more of the size that is usual in its head.
  init(
    _ exact: Tensor<Double>, honest: [Tensor<Double>], _ result: CaseFile.Result,
    claiming precision: Precision
  ) {
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
    // What honest kernels are off, what chance adds to that, and two roundings of a common factor.
    let byChance = chance(1) * exact.deviationOfBias(ofErrors: elements)
    let ofHonest = honest.map { abs($0.bias(from: exact)) }.filter(\.isFinite).max() ?? 0
    // Sums of the claimed precision itself may all be rounded towards zero, as matrix units do.
    let size = rootMeanSquare(exact.elements.map(abs))
    let oneWay = precision.format.significandBits < 24 || size == 0 ? 0 : whole / size
    bias = Self.leeway * (ofHonest + byChance) + oneWay + 2 * precision.format.unitRoundoff
    self.rows = rows
    self.elements = elements
    self.storage = storage
    self.width = width
    rowStandout =
      kernels.map { standout(rowSizes(of: $0, width: width), among: rows) }.max() ?? 0
    elementStandout = kernels.map { standout($0, among: elements) }.max() ?? 0
  }

  /// How far a factor common to all values may be from 1, over the largest that is allowed.
  func biasRatio(of result: Tensor<Double>, _ exact: Tensor<Double>) -> Double {
    ratio(abs(result.bias(from: exact)), bias)
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
    let relative = zip(sizes, excused).map { $1 > 0 && $0 < .infinity ? $0 / $1 : 0 }
    let squares = relative.reduce(0) { $0 + $1 * $1 }
    let others = sizes.count - 1
    return sizes.indices.map { i in
      let rest = max(0, squares - relative[i] * relative[i])
      let own = steadied((rest / Double(max(1, others))).squareRoot(), count: others, 1)
      let furthest = own * Self.leeway * max(standout, chance(count)) * excused[i]
      let allowed = min(Self.leeway * chance(count) * excused[i], furthest + 1.001 * stored[i])
      // No result can be nearer than its type can store.
      return ratio(sizes[i], max(allowed, 1.001 * stored[i]))
    }
  }
}

extension Tensor<Double> {
  /// What one and the same factor for all exact values is off 1, by least squares: Σ e x / Σ x², e the errors and x
  /// the exact values.
  func bias(from exact: Tensor) -> Double {
    // Squares of what the largest makes 1 neither overflow nor vanish together.
    let largest = exact.elements.lazy.map(abs).max() ?? 0
    guard largest > 0 else { return 0 }
    var (products, squares) = (0.0, 0.0)
    for (value, x) in zip(elements, exact.elements) {
      products += x / largest * ((value - x) / largest)
      squares += x / largest * (x / largest)
    }
    return products / squares
  }

  /// The standard deviation of the bias of results whose errors are independent and of the given sizes.
  fileprivate func deviationOfBias(ofErrors sizes: [Double]) -> Double {
    let largest = elements.lazy.map(abs).max() ?? 0
    guard largest > 0 else { return 0 }
    var (variance, squares) = (0.0, 0.0)
    for (x, size) in zip(elements, sizes) {
      let weight = x / largest
      variance += weight * weight * (size / largest) * (size / largest)
      squares += weight * weight
    }
    return variance.squareRoot() / squares
  }
}

/// An exact zero needs no allowance.
private func ratio(_ error: Double, _ allowed: Double) -> Double {
  error == 0 ? 0 : error / allowed
}

/// What the root mean square of `count` normal deviates exceeds less than once in a hundred thousand times.
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
