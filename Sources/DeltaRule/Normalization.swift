public import Algebra

extension Matrix where Scalar: Field {
  /// Every row divided by its number in `lengths`, L × 1.
  @inlinable
  public func rowsDivided(by lengths: Matrix) -> Matrix {
    Matrix(rows, columns) { self[$0, $1] / lengths[$0, 0] }
  }
}

/// The cotangent of x from that of y = x / ℓ, ℓ² = Σ x² + ε, row by row.
///
///     dx = (dy − (dy·y) y) / ℓ
///
/// Exact, the constant ε included.
///
/// - Parameters:
///   - x: rows × columns.
///   - lengths: ℓ, one a row.
///   - dy: in the shape of x.
/// - Source: derived; proof: `Proofs/Normalization.md#normalization`.
@inlinable
public func normalizationBackward<Scalar: Field>(
  _ x: Matrix<Scalar>, lengths: Matrix<Scalar>, dy: Matrix<Scalar>
) -> Matrix<Scalar> {
  let y = x.rowsDivided(by: lengths)
  return (dy - (dy .* y).collected(into: 1) .* y).rowsDivided(by: lengths)
}

extension Matrix where Scalar: Real {
  /// √(Σ x² + ε) of every row.
  ///
  /// - Source: the in-kernel normalisation of flash-linear-attention, with ε = 10⁻⁶ under the root.
  @inlinable
  public func rowLengths(epsilon: Scalar = Scalar(1e-6)) -> Matrix {
    (self .* self).collected(into: 1).map { ($0 + epsilon).squareRoot() }
  }
}

extension Tensor where Element: Real {
  /// The rows along the last axis.
  @inlinable
  var lastAxisRows: Matrix<Element> {
    let width = shape[shape.count - 1]
    return Matrix(rows: elements.count / width, columns: width, entries: elements)
  }

  @inlinable
  var normalized: Tensor {
    let rows = lastAxisRows
    return Tensor(shape: shape, elements: rows.rowsDivided(by: rows.rowLengths()).entries)
  }

  @inlinable
  func normalizationBackward(_ cotangent: Tensor) -> Tensor {
    let rows = lastAxisRows
    let dx = DeltaRule.normalizationBackward(
      rows, lengths: rows.rowLengths(), dy: cotangent.lastAxisRows)
    return Tensor(shape: shape, elements: dx.entries)
  }
}

extension BatchedProblem where Scalar: Real {
  /// The same problem with every query and every key normalised (`use_qk_l2norm`).
  @inlinable
  public func normalizingQueriesAndKeys() -> BatchedProblem {
    BatchedProblem(
      unchecked: q.normalized, k.normalized, v, beta, scale, initialState, shape)
  }

  /// The gradient of this problem from the gradient of the one with normalised queries and keys.
  @inlinable
  public func normalizationBackward(
    _ gradient: BatchedGradient<Scalar>
  ) -> BatchedGradient<Scalar> {
    var gradient = gradient
    gradient.dq = q.normalizationBackward(gradient.dq)
    gradient.dk = k.normalizationBackward(gradient.dk)
    return gradient
  }
}
