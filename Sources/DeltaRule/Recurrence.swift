public import Algebra

/// The delta rule, token by token.
///
///     x_t = β_t (v_t − k_t S_{t−1})
///     S_t = S_{t−1} + k_tᵀ x_t
///     o_t = scale · q_t S_t
///
/// One step of gradient descent a token, of size β_t, on ½‖k_t S − v_t‖². It is the definition;
/// every other formulation is judged by it. The read-out comes after the write.
///
/// - Complexity: ``Cost/recurrence``: 6·dk·dv operations a token, depth O(L).
/// - Source: the paper, section 2.2. Proof: `Proofs/README.md#recurrence`.
@inlinable
public func recurrence<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  var S = problem.initialState
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    let q = problem.q[row: t]
    let k = problem.k[row: t]
    let x = problem.beta[row: t] .* (problem.v[row: t] - k * S)
    S += k.transposed * x
    o[row: t] = problem.scale * (q * S)
  }
  return Solution(o: o, finalState: S)
}

extension Cost {
  public static let recurrence = Cost(
    multiplications: L * (3 * state + 2 * dv),
    additions: L * (3 * state - dv),
    depth: L * (5 + lgdk) + lgdk + 2,
    growth: (work: "L·dk·dv", depth: "L"))
}
