public import Algebra

/// 𝒜 = scale · tril(Q Kᵀ) T: what every output takes from every value, as in attention.
///
///     𝒜_ij = scale · β_j · q_i (M_i ⋯ M_{j+1}) k_jᵀ          j ≤ i
///
/// Entries may be negative and rows need not sum to one. The paper's formula for one entry leaves
/// out β_j and contradicts its own matrix form; the matrix form is right.
///
/// - Returns: L × L, lower triangular.
/// - Precondition: one β a token.
/// - Source: the paper, section 3.2. Proof: `Proofs/FullyParallel.md#fully-parallel`.
@inlinable
public func attentionMatrix<Scalar>(_ problem: Problem<Scalar>) -> Matrix<Scalar> {
  precondition(!problem.hasVectorBeta, "with a β for each value column there is a matrix for each")
  return attentionMatrix(problem, T: utTransform(k: problem.k, beta: problem.beta))
}

@inlinable
func attentionMatrix<Scalar>(_ problem: Problem<Scalar>, T: Matrix<Scalar>) -> Matrix<Scalar> {
  problem.scale * ((problem.q * problem.k.transposed).lowerTriangle * T)
}

/// The delta rule as one attention-like product.
///
///     O = 𝒜 (V − K S_0) + scale · Q S_0        S_L = S_0 + Kᵀ T (V − K S_0)
///
/// - Complexity: ``Cost/fullyParallel``: O(L³ + L²·(dk + dv) + L·dk·dv), L² memory, depth O(L) for the
///   triangular inverse and O(log L) for all the rest.
/// - Source: the paper, section 3.2. Proof: `Proofs/FullyParallel.md#fully-parallel`.
@inlinable
public func fullyParallel<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  let S = problem.initialState
  let T = utTransform(k: problem.k, beta: problem.beta)
  let surprise = problem.v - problem.k * S
  return Solution(
    o: attentionMatrix(problem, T: T) * surprise + problem.scale * (problem.q * S),
    finalState: S + problem.k.transposed * (T * surprise))
}

/// The gradient of the attention-like form.
///
///     d𝒜 = dO Eᵀ,  dZ = K dS_L,  dE = 𝒜ᵀ dO + Tᵀ dZ           E = V − K S_0,  Z = T E
///     dT = scale · tril(Q Kᵀ)ᵀ d𝒜 + dZ Eᵀ,  dG = scale · tril(d𝒜 Tᵀ)
///     dQ = dG K + scale · dO S_0ᵀ                              dV = dE
///     dK = dGᵀ Q + Z dS_Lᵀ − dE S_0ᵀ + (through T)             dS_0 = dS_L + scale · Qᵀ dO − Kᵀ dE
///
/// - Complexity: O(L³ + L²·(dk + dv) + L·dk·dv), L² memory.
/// - Source: derived; proof: `Proofs/FullyParallel.md#parallel-backward`.
@inlinable
public func fullyParallelBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  let (q, k, S) = (problem.q, problem.k, problem.initialState)
  let (dO, dNext) = (cotangent.o, cotangent.finalState)
  let T = utTransform(k: k, beta: problem.beta)
  let scores = (q * k.transposed).lowerTriangle
  let surprise = problem.v - k * S

  let dAttention = dO * surprise.transposed
  let dZ = k * dNext
  let attention = problem.scale * (scores * T)
  let dE = attention.transposed * dO + T.transposed * dZ
  let dG = problem.scale * (dAttention * T.transposed).lowerTriangle
  let through = utTransformBackward(
    k: k, beta: problem.beta,
    dT: problem.scale * (scores.transposed * dAttention) + dZ * surprise.transposed)
  return Gradient(
    dq: dG * k + problem.scale * (dO * S.transposed),
    dk: dG.transposed * q + (T * surprise) * dNext.transposed - dE * S.transposed + through.dk,
    dv: dE, dbeta: through.dbeta,
    dh0: dNext + problem.scale * (q.transposed * dO) - k.transposed * dE)
}

extension Cost {
  public static let fullyParallel: Cost = {
    let triangle: Count = substitution(L)
    let squares: Count = L * L * (L + 2 * dk)
    return Cost(
      multiplications: squares + 2 * L * L * (dv + 1) + triangle + pairs(L + 1)
        + L * (3 * state + dv),
      additions: squares - 3 * L * L + triangle + 4 * pairs(L) * dv + 3 * L * state,
      depth: 2 * (L + lgL) + lgdk + 3,
      growth: Growth(
        work: "L³ + L²·(dk + dv) + L·dk·dv", depth: "L", memory: "L² + L·(dk + dv)",
        error: Error(inverse: .ofSequence)))
  }()
}
