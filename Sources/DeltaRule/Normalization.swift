public import Algebra

extension Matrix where Scalar: Real {
  /// Every row divided by its length: x / √(Σ x² + ε).
  ///
  /// - Source: the in-kernel normalisation of flash-linear-attention, with ε = 10⁻⁶ under the root.
  public func rowsNormalized(epsilon: Scalar = Scalar(1e-6)) -> Matrix {
    let lengths = (0..<rows).map { i in
      (sum(0..<columns) { self[i, $0] * self[i, $0] } + epsilon).squareRoot()
    }
    return Matrix(rows, columns) { self[$0, $1] / lengths[$0] }
  }
}

extension BatchedProblem where Scalar: Real {
  /// The same problem with every query and every key normalised (`use_qk_l2norm`).
  public func normalizingQueriesAndKeys() -> BatchedProblem {
    func normalized(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
      let width = x.shape[3]
      let rows = Matrix(rows: x.elements.count / width, columns: width, entries: x.elements)
      return Tensor(shape: x.shape, elements: rows.rowsNormalized().entries)
    }
    return BatchedProblem(
      unchecked: normalized(q), normalized(k), v, beta, scale, initialState, boundaries)
  }
}
