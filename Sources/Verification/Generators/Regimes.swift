import Algebra
import DeltaRule
import PropertyTesting

/// How the keys of a case relate to one another.
enum KeyRegime: String, CaseIterable {
  case independent = "keys independent"
  case identical = "keys identical"
  case alternating = "keys alternating in sign"
  case nearlyParallel = "keys nearly parallel"
  case someZero = "keys some zero"
  case unit = "keys of unit length"
  case orthonormal = "keys orthonormal"
  case zero = "keys zero"

  /// Keys of this regime, made of one row of arbitrary numbers a token.
  func keys<Scalar: Field>(
    from rows: Matrix<Scalar>, _ source: inout ChoiceSource
  ) throws -> Matrix<Scalar> {
    let first = rows.rows > 0 ? rows[row: 0] : rows
    switch self {
    case .independent:
      return rows
    case .identical:
      return Matrix(rows.rows, rows.columns) { first[0, $1] }
    case .alternating:
      return Matrix(rows.rows, rows.columns) { $0 % 2 == 0 ? first[0, $1] : -first[0, $1] }
    case .nearlyParallel:
      return Matrix(rows.rows, rows.columns) { first[0, $1] + .tiny * rows[$0, $1] }
    case .someZero:
      let isZero = (0..<rows.rows).map { _ in source.oneIn(2) }
      return Matrix(rows.rows, rows.columns) { isZero[$0] ? .zero : rows[$0, $1] }
    case .unit:
      return try unitRows(from: rows)
    case .zero:
      return .zero(rows.rows, rows.columns)
    case .orthonormal:
      let basis = try orthogonalMatrix(from: first, size: rows.columns)
      return Matrix(rows.rows, rows.columns) { basis[$0 % rows.columns, $1] }
    }
  }
}

/// How strongly the tokens of a case write.
enum BetaRegime: String, CaseIterable {
  case arbitrary = "β arbitrary"
  case zero = "β = 0"
  case tiny = "β tiny"
  case half = "β = 1/2"
  case one = "β = 1"
  case two = "β = 2"
  case aboveTwo = "β above 2"

  /// β of this regime, made of an arbitrary one.
  func beta<Scalar: DrawnScalar>(from arbitrary: Scalar) -> Scalar {
    switch self {
    case .arbitrary: arbitrary
    case .zero: .zero
    case .tiny: .tiny
    case .half: .fraction(1, 2)
    case .one: .one
    case .two: Scalar(2)
    case .aboveTwo: .fraction(5, 2)
    }
  }
}

extension Field {
  /// Next to nothing.
  static var tiny: Self { fraction(1, 1 << 20) }
}

/// The rows scaled to unit length without a square root.
///
/// A row (s, ·) of d numbers gives the point (2s, 1 − |s|²) / (1 + |s|²) of the unit sphere, with s its
/// first d − 1 (stereographic projection; every rational point but one is met).
func unitRows<Scalar: Field>(from rows: Matrix<Scalar>) throws -> Matrix<Scalar> {
  let last = rows.columns - 1
  let squares = (0..<rows.rows).map { i in sum(0..<last) { rows[i, $0] * rows[i, $0] } }
  // Over a finite field −1 is a sum of squares.
  guard squares.allSatisfy({ $0 + .one != .zero }) else { throw Discarded() }
  return Matrix(rows.rows, rows.columns) { i, j in
    (j == last ? .one - squares[i] : Scalar(2) * rows[i, j]) / (.one + squares[i])
  }
}

/// The reflection I − 2 uᵀu, with u the unit vector made of `row`: an orthogonal matrix.
func orthogonalMatrix<Scalar: Field>(
  from row: Matrix<Scalar>, size: Int
) throws -> Matrix<Scalar> {
  guard row.rows == 1 else { return .identity(size) }
  return householder(k: try unitRows(from: row), beta: Matrix(1, 1) { _, _ in Scalar(2) })
}
