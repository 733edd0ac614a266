public import Algebra

/// The delta rule by chunks, with one triangular solve a chunk in place of W and U.
///
///     (I + A) X = diag(β) (V − K S)
///     O = scale · (Q S + tril(Q Kᵀ) X)        S ← S + Kᵀ X
///
/// Less work than ``chunkwise(_:chunkLength:inverse:)``, but the solve waits for the state. Row by row it
/// reads
///
///     x_i = β_i (v_i − k_i S − Σ_{j < i} (k_i·k_j) x_j)
///
/// where β_i may as well be one number for each value column.
///
/// - Complexity: ``Cost/chunkwiseSolve``: O(L·C·(dk + dv) + L·dk·dv), depth O(L).
/// - Source: the paper, equations 8 and 9, with W and U eliminated. Proof:
///   `Proofs/ChunkwiseSolve.md#chunkwise-solve`.
@inlinable
public func chunkwiseSolve<Scalar>(
  _ problem: Problem<Scalar>, chunkLength: Int
) -> Solution<Scalar> {
  var S = problem.initialState
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for chunk in problem.chunks(of: chunkLength) {
    let (q, k) = (problem.q[rows: chunk], problem.k[rows: chunk])
    let X = solvedPseudoValues(problem.tokens(chunk, from: S))
    o[rows: chunk] = problem.scale * (q * S + (q * k.transposed).lowerTriangle * X)
    S += k.transposed * X
  }
  return Solution(o: o, finalState: S)
}

/// The pseudo-values of one chunk: X = diag(β) (E − tril(K Kᵀ, −1) X), E = V − K S, row by row.
@inlinable
func solvedPseudoValues<Scalar>(_ chunk: Problem<Scalar>) -> Matrix<Scalar> {
  let overlaps = chunk.k * chunk.k.transposed
  var X = chunk.v - chunk.k * chunk.initialState
  for i in 0..<X.rows {
    for j in 0..<i { X[row: i] -= overlaps[i, j] * X[row: j] }
    X[row: i] = chunk.beta[row: i] .* X[row: i]
  }
  return X
}

/// The gradient by chunks without W, U and T: one transposed triangular solve a chunk.
///
///     dX = scale · tril(Q Kᵀ)ᵀ dO + K dS′
///     R_i = β_i dX_i,  dX_j −= (k_i·k_j) R_i  for j < i          i from the last row to the first
///     dβ_i = dX_i · (E_i − Σ_{j < i} (k_i·k_j) x_j),  dV = R,  dN = −tril(R Xᵀ, −1)
///     dG = scale · tril(dO Xᵀ),  dQ = scale · dO Sᵀ + dG K
///     dK = dGᵀ Q + X dS′ᵀ − R Sᵀ + dN K + dNᵀ K          dS = dS′ + scale · Qᵀ dO − Kᵀ R
///
/// - Complexity: O(L·C·(dk + dv) + L·dk·dv), O(L·(dk + dv) + (L/C)·dk·dv) memory.
/// - Source: derived; proof: `Proofs/ChunkwiseSolve.md#solve-backward`.
@inlinable
public func chunkwiseSolveBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int
) -> Gradient<Scalar> {
  chunkByChunk(problem, cotangent, chunkLength: chunkLength) { chunk in
    chunk.initialState + chunk.k.transposed * solvedPseudoValues(chunk)
  } backward: { chunk, cotangent in
    let (q, k, beta, S) = (chunk.q, chunk.k, chunk.beta, chunk.initialState)
    let (dO, dNext) = (cotangent.o, cotangent.finalState)
    let overlaps = (k * k.transposed).strictLowerTriangle
    let X = solvedPseudoValues(chunk)
    let surprise = chunk.v - k * S - overlaps * X
    let scores = (q * k.transposed).lowerTriangle

    var dX = chunk.scale * (scores.transposed * dO) + k * dNext
    var R = dX
    for i in (0..<X.rows).reversed() {
      R[row: i] = beta[row: i] .* dX[row: i]
      for j in 0..<i { dX[row: j] -= overlaps[i, j] * R[row: i] }
    }
    let dG = chunk.scale * (dO * X.transposed).lowerTriangle
    let dN = -(R * X.transposed).strictLowerTriangle
    return Gradient(
      dq: chunk.scale * (dO * S.transposed) + dG * k,
      dk: dG.transposed * q + X * dNext.transposed - R * S.transposed
        + dN * k + dN.transposed * k,
      dv: R, dbeta: (dX .* surprise).collected(into: beta.columns),
      dh0: dNext + chunk.scale * (q.transposed * dO) - k.transposed * R)
  }
}

extension Cost {
  public static let chunkwiseSolve: Cost = {
    let overlaps: Count = C * C * (2 * dk + dv)
    let rows: Count = pairs(C) * dv
    return Cost(
      multiplications: N * (overlaps + rows + C * (3 * state + 2 * dv)),
      additions: N * (2 * C * C * (dk - 1) + 3 * rows + 3 * C * state),
      depth: N * (3 * C + lgC + lgdk + 2) + 1,
      growth: Growth(
        work: "L·C·(dk + dv) + L·dk·dv", depth: "L", memory: "L·(dk + dv) + L/C·dk·dv",
        error: Error(inverse: .ofChunk))
    )
  }()
}
