/// A matrix, row-major. A row vector is a matrix with one row.
///
/// Small on purpose: the operations that the formulas of the delta rule are written with.
public struct Matrix<Scalar: Ring>: Equatable, Sendable {
  public let rows: Int
  public let columns: Int
  @usableFromInline
  var storage: [Scalar]

  /// The entries, row after row.
  @inlinable
  public var entries: [Scalar] { storage }

  /// A matrix from its entries, row after row.
  ///
  /// - Precondition: there are `rows * columns` of them.
  @inlinable
  public init(rows: Int, columns: Int, entries: [Scalar]) {
    precondition(
      entries.count == rows * columns, "\(entries.count) entries for \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    storage = entries
  }

  /// A matrix from a formula for its entries.
  @inlinable
  public init(_ rows: Int, _ columns: Int, _ entry: (_ row: Int, _ column: Int) -> Scalar) {
    self.init(
      rows: rows, columns: columns,
      entries: Array(unsafeUninitializedCapacity: rows * columns) { entries, count in
        for i in 0..<rows {
          for j in 0..<columns {
            entries.initializeElement(at: count, to: entry(i, j))
            count += 1
          }
        }
      })
  }

  @inlinable
  public static func zero(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, entries: Array(repeating: .zero, count: rows * columns))
  }

  @inlinable
  public static func identity(_ size: Int) -> Matrix {
    Matrix(size, size) { $0 == $1 ? .one : .zero }
  }

  @inlinable
  public subscript(row: Int, column: Int) -> Scalar {
    get { storage[row * columns + column] }
    set { storage[row * columns + column] = newValue }
  }

  /// Row `row`, as a matrix of one row.
  @inlinable
  public subscript(row row: Int) -> Matrix {
    get { self[rows: row..<row + 1] }
    set { self[rows: row..<row + 1] = newValue }
  }

  /// The rows in `range`.
  @inlinable
  public subscript(rows range: Range<Int>) -> Matrix {
    get {
      Matrix(
        rows: range.count, columns: columns,
        entries: Array(storage[range.lowerBound * columns..<range.upperBound * columns]))
    }
    set {
      precondition(newValue.rows == range.count && newValue.columns == columns, "shapes differ")
      storage.replaceSubrange(
        range.lowerBound * columns..<range.upperBound * columns, with: newValue.entries)
    }
  }

  /// Column `column`, as a matrix of one column.
  @inlinable
  public subscript(column column: Int) -> Matrix { Matrix(rows, 1) { i, _ in self[i, column] } }

  /// Matrices of one column, side by side.
  ///
  /// - Precondition: there is at least one, and all have one column and as many rows.
  @inlinable
  public init(columns: [Matrix]) {
    self.init(columns[0].rows, columns.count) { columns[$1][$0, 0] }
  }

  /// This matrix with the rows of `other` below its own.
  @inlinable
  public func stacked(on other: Matrix) -> Matrix {
    precondition(columns == other.columns, "shapes differ")
    return Matrix(
      rows: rows + other.rows, columns: columns, entries: entries + other.entries)
  }

  @inlinable
  public func map<Result>(_ transform: (Scalar) throws -> Result) rethrows -> Matrix<Result> {
    Matrix<Result>(rows: rows, columns: columns, entries: try entries.map(transform))
  }

  @inlinable
  public var transposed: Matrix {
    // A single row or column has its entries in the same order either way.
    if rows == 1 || columns == 1 { return Matrix(rows: columns, columns: rows, entries: entries) }
    return Matrix(columns, rows) { self[$1, $0] }
  }

  /// tril(X): the diagonal and what lies below it.
  @inlinable
  public var lowerTriangle: Matrix { Matrix(rows, columns) { $0 >= $1 ? self[$0, $1] : .zero } }

  /// tril(X, −1): what lies below the diagonal.
  @inlinable
  public var strictLowerTriangle: Matrix {
    Matrix(rows, columns) { $0 > $1 ? self[$0, $1] : .zero }
  }
}

/// Multiplication entry by entry.
infix operator .* : MultiplicationPrecedence

extension Matrix {
  @inlinable
  func combined(_ other: Matrix, _ combine: (Scalar, Scalar) -> Scalar) -> Matrix {
    precondition(rows == other.rows && columns == other.columns, "shapes differ")
    return Matrix(
      rows: rows, columns: columns, entries: zip(entries, other.entries).map { combine($0, $1) })
  }

  @inlinable
  public static func + (a: Matrix, b: Matrix) -> Matrix { a.combined(b, +) }

  @inlinable
  public static func - (a: Matrix, b: Matrix) -> Matrix { a.combined(b, -) }

  @inlinable
  public static prefix func - (a: Matrix) -> Matrix { a.map { -$0 } }

  @inlinable
  public static func += (a: inout Matrix, b: Matrix) {
    precondition(a.rows == b.rows && a.columns == b.columns, "shapes differ")
    for i in a.storage.indices { a.storage[i] += b.storage[i] }
  }

  @inlinable
  public static func -= (a: inout Matrix, b: Matrix) {
    precondition(a.rows == b.rows && a.columns == b.columns, "shapes differ")
    for i in a.storage.indices { a.storage[i] -= b.storage[i] }
  }

  /// The matrix product; sums are taken by halves (``sum(_:_:)``).
  ///
  /// - Complexity: m·n·p multiplications and m·(n − 1)·p additions, depth 1 + ⌈log₂ n⌉.
  @inlinable
  public static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.columns == b.rows, "\(a.rows) × \(a.columns) by \(b.rows) × \(b.columns)")
    let (n, p) = (a.columns, b.columns)
    var product: [Scalar] = []
    product.reserveCapacity(a.rows * p)
    // The sums of a half wait here while the other half is summed: one row for each halving.
    var sums = [Scalar](repeating: .zero, count: p * (1 + n.bitWidth - n.leadingZeroBitCount))
    // Through pointers, since arrays would be checked at every step.
    a.storage.withUnsafeBufferPointer { x in
      b.storage.withUnsafeBufferPointer { y in
        for i in 0..<a.rows {
          sums.withUnsafeMutableBufferPointer {
            combineRows(
              of: y, width: p, 0..<n, by: UnsafeBufferPointer(rebasing: x[i * n..<(i + 1) * n]), $0)
          }
          product += sums[..<p]
        }
      }
    }
    return Matrix(rows: a.rows, columns: p, entries: product)
  }

  @inlinable
  public static func * (a: Scalar, b: Matrix) -> Matrix { b.map { a * $0 } }

  /// Entry by entry; a `factors` of one column is broadcast: diag(β) X where β is a column, and
  /// one factor for each entry where it is as wide as X.
  @inlinable
  public static func .* (factors: Matrix, x: Matrix) -> Matrix {
    precondition(
      factors.rows == x.rows && (factors.columns == 1 || factors.columns == x.columns),
      "shapes differ")
    return Matrix(x.rows, x.columns) { i, j in
      factors[i, factors.columns == 1 ? 0 : j] * x[i, j]
    }
  }
}

/// Σ factors[i] · row i of a matrix of `width` columns, for i in `terms`, taken by halves like
/// ``sum(_:_:)``.
///
/// - Parameter sums: takes the sum in its first `width` places, and half sums behind it.
@inlinable
func combineRows<Scalar: Ring>(
  of matrix: UnsafeBufferPointer<Scalar>, width: Int, _ terms: Range<Int>,
  by factors: UnsafeBufferPointer<Scalar>, _ sums: UnsafeMutableBufferPointer<Scalar>
) {
  let first = terms.lowerBound
  switch terms.count {
  case 0:
    for j in 0..<width { sums[j] = .zero }
  case 1:
    for j in 0..<width { sums[j] = factors[first] * matrix[first * width + j] }
  case 2:
    for j in 0..<width {
      sums[j] =
        factors[first] * matrix[first * width + j]
        + factors[first + 1] * matrix[(first + 1) * width + j]
    }
  default:
    let middle = first + terms.count / 2
    let rest = UnsafeMutableBufferPointer(rebasing: sums[width...])
    combineRows(of: matrix, width: width, first..<middle, by: factors, sums)
    combineRows(of: matrix, width: width, middle..<terms.upperBound, by: factors, rest)
    for j in 0..<width { sums[j] = sums[j] + rest[j] }
  }
}

extension Matrix: CustomStringConvertible {
  public var description: String {
    let lines = (0..<rows).map { i in
      "[" + (0..<columns).map { "\(self[i, $0])" }.joined(separator: ", ") + "]"
    }
    return rows == 1 ? lines[0] : "[" + lines.joined(separator: ", ") + "]"
  }
}
