import Algebra

extension Matrix {
  /// The sum of every row in order, as a column: as kernels apart from the formulations take it.
  var rowSums: Matrix {
    Matrix(rows, 1) { i, _ in (0..<columns).reduce(.zero) { $0 + self[i, $1] } }
  }
}
