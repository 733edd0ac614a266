public import Algebra

/// The delta rule by chunks, with one triangular solve a chunk in place of W and U.
///
///     (I + A) X = diag(β) (V − K S)
///     O = scale · (Q S + tril(Q Kᵀ) X)        S ← S + Kᵀ X
///
/// Less work than ``chunkwise(_:chunkLength:)``, but the solve waits for the state. Row by row it
/// reads
///
///     x_i = β_i (v_i − k_i S − Σ_{j < i} (k_i·k_j) x_j)
///
/// where β_i may as well be one number for each value column.
///
/// - Complexity: ``Cost/chunkwiseSolve``: O(L·C·(dk + dv) + L·dk·dv), depth O(L).
/// - Source: the paper, equations 8 and 9, with W and U eliminated. Proof:
///   `Proofs/README.md#chunkwise-solve`.
@inlinable
public func chunkwiseSolve<Scalar>(
  _ problem: Problem<Scalar>, chunkLength: Int
) -> Solution<Scalar> {
  var S = problem.initialState
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for chunk in problem.chunks(of: chunkLength) {
    let (q, k) = (problem.q[rows: chunk], problem.k[rows: chunk])
    let beta = problem.beta[rows: chunk]
    let overlaps = k * k.transposed
    var X = problem.v[rows: chunk] - k * S
    for i in 0..<X.rows {
      for j in 0..<i { X[row: i] -= overlaps[i, j] * X[row: j] }
      X[row: i] = beta[row: i] .* X[row: i]
    }
    o[rows: chunk] = problem.scale * (q * S + (q * k.transposed).lowerTriangle * X)
    S += k.transposed * X
  }
  return Solution(o: o, finalState: S)
}

extension Cost {
  public static let chunkwiseSolve: Cost = {
    let overlaps: Count = C * C * (2 * dk + dv)
    let rows: Count = pairs(C) * dv
    return Cost(
      multiplications: N * (overlaps + rows + C * (3 * state + 2 * dv)),
      additions: N * (2 * C * C * (dk - 1) + 3 * rows + 3 * C * state),
      depth: N * (3 * C + lgC + lgdk + 2) + 1,
      growth: (work: "L·C·(dk + dv) + L·dk·dv", depth: "L"))
  }()
}
