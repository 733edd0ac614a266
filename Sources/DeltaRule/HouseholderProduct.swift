public import Algebra

/// I − β kᵀk: the transition of one token, a generalised Householder matrix.
///
/// A reflection where β|k|² = 2, a projection where β|k|² = 1.
///
/// - Parameters:
///   - k: 1 × dk.
///   - beta: 1 × 1.
/// - Returns: dk × dk.
@inlinable
public func householder<Scalar: Ring>(
  k: Matrix<Scalar>, beta: Matrix<Scalar>
) -> Matrix<Scalar> {
  .identity(k.columns) - k.transposed * (beta * k)
}

/// The delta rule by the cumulative product of its transitions.
///
///     M_t = I − β_t k_tᵀ k_t
///     P_t = M_t P_{t−1}                        P_0 = I
///     H_t = M_t H_{t−1} + k_tᵀ (β_t v_t)       H_0 = 0
///     o_t = scale · q_t (P_t S_0 + H_t)
///
/// The latest factor stands on the left. P and H are dk × dk and dk × dv matrices that nothing
/// compresses: what the WY representation is there to avoid.
///
/// - Complexity: ``Cost/householderProduct``: O(L·dk²·(dk + dv)), depth O(L).
/// - Source: the paper, equations 4 and 5. Proof: `Proofs/README.md#householder-product`.
@inlinable
public func householderProduct<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  var P = Matrix<Scalar>.identity(problem.keyDimension)
  var H = Matrix<Scalar>.zero(problem.keyDimension, problem.valueDimension)
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    let k = problem.k[row: t]
    let beta = problem.beta[row: t]
    let M = householder(k: k, beta: beta)
    P = M * P
    H = M * H + k.transposed * (beta * problem.v[row: t])
    o[row: t] = problem.scale * (problem.q[row: t] * (P * problem.initialState + H))
  }
  return Solution(o: o, finalState: P * problem.initialState + H)
}

extension Cost {
  public static let householderProduct: Cost = {
    let products: Count = cube + 2 * slab
    let vectors: Count = square + 2 * state + dk + 2 * dv
    return Cost(
      multiplications: L * (products + vectors) + slab,
      additions: L * (products + state - dv) + slab,
      depth: L * (2 + lgdk) + lgdk + 6,
      growth: (work: "L·dk²·(dk + dv)", depth: "L"))
  }()
}
