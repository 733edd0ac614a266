public import Algebra

/// The delta rule, token by token.
///
///     x_t = β_t (v_t − k_t S_{t−1})
///     S_t = S_{t−1} + k_tᵀ x_t
///     o_t = scale · q_t S_t
///
/// One step of gradient descent a token, of size β_t, on ½‖v_t − k_t S‖². It is the definition;
/// every other formulation is judged by it. The read-out comes after the write.
///
/// - Complexity: ``Cost/recurrence``: 6·dk·dv operations a token, depth O(L).
/// - Source: the paper, section 2.2. Proof: `Proofs/Recurrence.md#recurrence`.
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

/// The gradient by the recurrence run backwards, with every state stored.
///
///     dq_t = scale · do_t S_tᵀ        dS ← dS + scale · q_tᵀ do_t
///     dx = k_t dS                     dβ_t = dx·e,  dv_t = β_t dx        e = v_t − k_t S_{t−1}
///     dk_t = x_t dSᵀ − dv_t S_{t−1}ᵀ  dS ← dS − k_tᵀ dv_t
///
/// - Complexity: L·dk·dv memory. ``decodingBackward(_:_:)`` recomputes the states instead.
/// - Source: derived; proof: `Proofs/Recurrence.md#recurrence-backward`.
@inlinable
public func recurrenceBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  var states = [problem.initialState]
  for t in 0..<problem.length {
    let k = problem.k[row: t]
    let x = problem.beta[row: t] .* (problem.v[row: t] - k * states[t])
    states.append(states[t] + k.transposed * x)
  }
  var gradient = Gradient(zerosFor: problem)
  var dS = cotangent.finalState
  for t in (0..<problem.length).reversed() {
    let (k, beta, dO) = (problem.k[row: t], problem.beta[row: t], cotangent.o[row: t])
    let e = problem.v[row: t] - k * states[t]
    gradient.dq[row: t] = problem.scale * (dO * states[t + 1].transposed)
    dS += problem.scale * (problem.q[row: t].transposed * dO)
    let dx = k * dS
    let dv = beta .* dx
    gradient.dbeta[row: t] = (dx .* e).collected(into: beta.columns)
    gradient.dv[row: t] = dv
    gradient.dk[row: t] = (beta .* e) * dS.transposed - dv * states[t].transposed
    dS -= k.transposed * dv
  }
  gradient.dh0 = dS
  return gradient
}

extension Cost {
  public static let recurrence = Cost(
    multiplications: L * (3 * state + 2 * dv),
    additions: L * (3 * state - dv),
    depth: L * (5 + lgdk) + lgdk + 2,
    growth: Growth(work: "L·dk·dv", depth: "L", memory: "L·dk·dv", error: Error()))
}
