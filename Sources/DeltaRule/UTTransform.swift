public import Algebra

/// A = tril(diag(β) K Kᵀ, −1): how much each token's key overlaps the earlier ones.
///
/// - Returns: L × L.
@inlinable
public func keyOverlaps<Scalar: Ring>(
  k: Matrix<Scalar>, beta: Matrix<Scalar>
) -> Matrix<Scalar> {
  (beta .* (k * k.transposed)).strictLowerTriangle
}

/// A way to (I + A)⁻¹ for a strictly lower triangular A.
public typealias TriangularInverse<Scalar: Ring> = (_ A: Matrix<Scalar>) -> Matrix<Scalar>

/// (I + A)⁻¹ for a strictly lower triangular A, row by row.
///
///     (I + A)⁻¹_ij = −(A_ij + Σ_{j < m < i} A_im (I + A)⁻¹_mj)          j < i
///
/// No division: the diagonal is one. Not by powers of A, which grow binomially where the inverse
/// stays below one.
///
/// - Complexity: n(n − 1)(n − 2)/6 multiplications, depth 2(n − 2): each row waits for the last.
/// - Source: the paper, section 3.2. Proof: `Proofs/UTTransform.md#forward-substitution`.
@inlinable
public func unitTriangularInverse<Scalar: Ring>(_ A: Matrix<Scalar>) -> Matrix<Scalar> {
  var inverse = Matrix<Scalar>.identity(A.rows)
  for i in 0..<A.rows {
    for j in 0..<i {
      var paths = A[i, j]
      // In this order the entry that is ready last comes last.
      for m in j + 1..<i { paths += A[i, m] * inverse[m, j] }
      inverse[i, j] = -paths
    }
  }
  return inverse
}

/// T = (I + A)⁻¹ diag(β), A = tril(diag(β) K Kᵀ, −1): the UT transform.
///
/// - Parameters:
///   - k: L × dk.
///   - beta: L × 1.
///   - inverse: (I + A)⁻¹ from A.
/// - Returns: L × L, lower triangular.
/// - Source: the paper, equations 10 and 11. Proof: `Proofs/UTTransform.md#ut-transform`.
@inlinable
public func utTransform<Scalar: Ring>(
  k: Matrix<Scalar>, beta: Matrix<Scalar>,
  inverse: TriangularInverse<Scalar> = unitTriangularInverse
) -> Matrix<Scalar> {
  let inverse = inverse(keyOverlaps(k: k, beta: beta))
  return Matrix(k.rows, k.rows) { i, j in
    j <= i ? inverse[i, j] * beta[j, 0] : .zero
  }
}

extension WYRepresentation {
  /// W = T K and U = T V: the same rows as the recurrences give, by matrix products.
  @inlinable
  public init(
    utTransformOf k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>,
    inverse: TriangularInverse<Scalar> = unitTriangularInverse
  ) {
    let T = utTransform(k: k, beta: beta, inverse: inverse)
    self.init(w: T * k, u: T * v)
  }
}

/// The delta rule by one UT transform of the whole sequence.
///
///     W = T K        U = T V        X = U − W S_0
///     O = scale · (Q S_0 + tril(Q Kᵀ) X)        S_L = S_0 + Kᵀ X
///
/// - Complexity: ``Cost/utTransform``: O(L³ + L²·(dk + dv) + L·dk·dv), depth O(L).
/// - Source: the paper, section 3.2. Proof: `Proofs/UTTransform.md#ut-transform`.
@inlinable
public func utTransformed<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  let (q, k) = (problem.q, problem.k)
  let S = problem.initialState
  let wy = WYRepresentation(utTransformOf: k, v: problem.v, beta: problem.beta)
  let X = wy.u - wy.w * S
  return Solution(
    o: problem.scale * (q * S + (q * k.transposed).lowerTriangle * X),
    finalState: S + k.transposed * X)
}

/// The cotangents of k and β from that of T = (I + A)⁻¹ diag(β).
///
///     dJ = dT diag(β),  dA = −tril(Jᵀ dJ Jᵀ, −1)                  J = (I + A)⁻¹
///     dβ_j = Σ_i J_ij dT_ij + Σ_m dA_jm (k_j·k_m)
///     dk = diag(β) dA K + dAᵀ diag(β) K
///
/// - Source: as flash-linear-attention does; proof: `Proofs/UTTransform.md#ut-backward`.
@inlinable
func utTransformBackward<Scalar: Ring>(
  k: Matrix<Scalar>, beta: Matrix<Scalar>, dT: Matrix<Scalar>,
  inverse: TriangularInverse<Scalar> = unitTriangularInverse
) -> (dk: Matrix<Scalar>, dbeta: Matrix<Scalar>) {
  let J = inverse(keyOverlaps(k: k, beta: beta))
  let dJ = (beta .* dT.transposed).transposed
  let dA = -(J.transposed * dJ * J.transposed).strictLowerTriangle
  let scaled = beta .* dA
  return (
    dk: scaled * k + scaled.transposed * k,
    dbeta: (J .* dT).transposed.collected(into: 1) + ((dA * k) .* k).collected(into: 1)
  )
}

/// The gradient for one chunk of tokens, or for a whole sequence as one chunk.
///
///     dX = scale · tril(Q Kᵀ)ᵀ dO + K dS′          dS = dS′ + scale · Qᵀ dO − Wᵀ dX
///     dG = scale · tril(dO Xᵀ)                     dQ = scale · dO Sᵀ + dG K
///     dW = −dX Sᵀ,  dU = dX                        dV = Tᵀ dU
///     dT = dW Kᵀ + dU Vᵀ                           dK = dGᵀ Q + X dS′ᵀ + Tᵀ dW + (through T)
///
/// S is the state before the chunk, dS′ the cotangent of the state after it.
///
/// - Source: the kernels of flash-linear-attention; proof: `Proofs/UTTransform.md#ut-backward`.
@inlinable
public func utTransformedBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>,
  inverse: TriangularInverse<Scalar> = unitTriangularInverse
) -> Gradient<Scalar> {
  let (q, k, v, S) = (problem.q, problem.k, problem.v, problem.initialState)
  let (dO, dNext) = (cotangent.o, cotangent.finalState)
  let T = utTransform(k: k, beta: problem.beta, inverse: inverse)
  let W = T * k
  let X = T * v - W * S

  let scores = (q * k.transposed).lowerTriangle
  let dX = problem.scale * (scores.transposed * dO) + k * dNext
  let dG = problem.scale * (dO * X.transposed).lowerTriangle
  let dW = -(dX * S.transposed)
  let through = utTransformBackward(
    k: k, beta: problem.beta, dT: dW * k.transposed + dX * v.transposed, inverse: inverse)
  return Gradient(
    dq: problem.scale * (dO * S.transposed) + dG * k,
    dk: dG.transposed * q + X * dNext.transposed + T.transposed * dW + through.dk,
    dv: T.transposed * dX, dbeta: through.dbeta,
    dh0: dNext + problem.scale * (q.transposed * dO) - W.transposed * dX)
}

extension Cost {
  /// What one chunk of n tokens takes in ``utTransformed(_:)`` and ``chunkwise(_:chunkLength:inverse:)``.
  ///
  /// - Parameter inverse: the multiplications that (I + A)⁻¹ takes; ``substitution(_:)`` where nil.
  static func utMultiplications(_ n: Count, inverse: Count? = nil) -> Count {
    let triangle: Count = (inverse ?? substitution(n)) + pairs(n + 1)
    return n * n * (3 * dk + 2 * dv + 1) + triangle + n * (3 * state + dv)
  }

  /// Beside ``utMultiplications(_:)``.
  static func utAdditions(_ n: Count, inverse: Count? = nil) -> Count {
    let overlaps: Count = 2 * n * n * (dk - 1)
    let products: Count = overlaps + 2 * pairs(n) * (dk + 2 * dv)
    return products + (inverse ?? substitution(n)) + 3 * n * state
  }

  public static let utTransform = Cost(
    multiplications: utMultiplications(L), additions: utAdditions(L),
    depth: 2 * (L + lgL + lgdk) + 5,
    growth: Growth(
      work: "L³ + L²·(dk + dv) + L·dk·dv", depth: "L", memory: "L² + L·(dk + dv)",
      error: Error(inverse: .ofSequence)))
}
