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
/// - Source: the paper, equations 4 and 5. Proof: `Proofs/HouseholderProduct.md#householder-product`.
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

/// The cotangents of k, v and β from those of A = I − kᵀ(β k) and B = kᵀ(β v).
///
/// - Parameters:
///   - dA: dk × dk.
///   - dB: dk × dv.
@inlinable
func transitionBackward<Scalar: Ring>(
  k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>, dA: Matrix<Scalar>,
  dB: Matrix<Scalar>
) -> (dk: Matrix<Scalar>, dv: Matrix<Scalar>, dbeta: Matrix<Scalar>) {
  let (dw, du) = (-(k * dA), k * dB)
  return (
    dk: beta * (dw - k * dA.transposed + v * dB.transposed), dv: beta * du,
    dbeta: dw * k.transposed + du * v.transposed
  )
}

/// The gradient by the cumulative product run backwards, with P and H stored.
///
///     dR_t = scale · q_tᵀ do_t  (+ dht at the end)     dq_t = scale · do_t (P_t S_0 + H_t)ᵀ
///     dP ← dP + dR_t S_0ᵀ,  dH ← dH + dR_t,  dS_0 ← dS_0 + P_tᵀ dR_t
///     dM = dP P_{t−1}ᵀ + dH H_{t−1}ᵀ,  dP ← M_tᵀ dP,  dH ← M_tᵀ dH
///
/// - Complexity: O(L·dk²·(dk + dv)), L·dk·(dk + dv) memory.
/// - Source: derived; proof: `Proofs/HouseholderProduct.md#householder-backward`.
@inlinable
public func householderProductBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  let (L, dk, dv) = (problem.length, problem.keyDimension, problem.valueDimension)
  let M = (0..<L).map { householder(k: problem.k[row: $0], beta: problem.beta[row: $0]) }
  var P = [Matrix<Scalar>.identity(dk)]
  var H = [Matrix<Scalar>.zero(dk, dv)]
  for t in 0..<L {
    let write = problem.k[row: t].transposed * (problem.beta[row: t] * problem.v[row: t])
    P.append(M[t] * P[t])
    H.append(M[t] * H[t] + write)
  }
  var gradient = Gradient(zerosFor: problem)
  var dP = cotangent.finalState * problem.initialState.transposed
  var dH = cotangent.finalState
  gradient.dh0 = P[L].transposed * cotangent.finalState
  for t in (0..<L).reversed() {
    let dO = cotangent.o[row: t]
    let dR = problem.scale * (problem.q[row: t].transposed * dO)
    let R = P[t + 1] * problem.initialState + H[t + 1]
    gradient.dq[row: t] = problem.scale * (dO * R.transposed)
    gradient.dh0 += P[t + 1].transposed * dR
    dP += dR * problem.initialState.transposed
    dH += dR
    (gradient.dk[row: t], gradient.dv[row: t], gradient.dbeta[row: t]) = transitionBackward(
      k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t],
      dA: dP * P[t].transposed + dH * H[t].transposed, dB: dH)
    dP = M[t].transposed * dP
    dH = M[t].transposed * dH
  }
  return gradient
}

extension Cost {
  public static let householderProduct: Cost = {
    let products: Count = cube + 2 * slab
    let vectors: Count = square + 2 * state + dk + 2 * dv
    return Cost(
      multiplications: L * (products + vectors) + slab,
      additions: L * (products + state - dv) + slab,
      depth: L * (2 + lgdk) + lgdk + 6,
      growth: Growth(
        work: "L·dk²·(dk + dv)", depth: "L", memory: "L·dk·(dk + dv)",
        error: Error(formsTransitions: true)))
  }()
}
