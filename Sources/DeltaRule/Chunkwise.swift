public import Algebra

extension Problem {
  /// 0..<L cut into pieces of `chunkLength` tokens, of which the last may be shorter.
  ///
  /// - Precondition: `chunkLength` ≥ 1.
  @inlinable
  public func chunks(of chunkLength: Int) -> [Range<Int>] {
    precondition(chunkLength >= 1, "a chunk holds at least one token")
    return stride(from: 0, to: length, by: chunkLength).map {
      $0..<min($0 + chunkLength, length)
    }
  }
}

/// The delta rule by chunks: the form that models are trained with.
///
///     W = T K            U = T V                            every chunk, all at once
///     X = U − W S        S ← S + Kᵀ X                       chunk after chunk
///     O = scale · (Q S + tril(Q Kᵀ) X)                      every chunk, all at once
///
/// S is the state that enters the chunk, T = (I + A)⁻¹ diag(β). With chunks of one token this is the recurrence, with one
/// chunk the UT transform of the whole sequence.
///
/// - Complexity: ``Cost/chunkwise``: O(L·C·(C + dk + dv) + L·dk·dv), depth O((L/C)·log C + C), L/C states.
/// - Source: the paper, equations 8 and 9. Proof: `Proofs/Chunkwise.md#chunkwise`.
@inlinable
public func chunkwise<Scalar>(
  _ problem: Problem<Scalar>, chunkLength: Int,
  inverse: TriangularInverse<Scalar> = unitTriangularInverse
) -> Solution<Scalar> {
  let chunks = problem.chunks(of: chunkLength)
  let wy = chunks.map { chunk in
    WYRepresentation(
      utTransformOf: problem.k[rows: chunk], v: problem.v[rows: chunk],
      beta: problem.beta[rows: chunk], inverse: inverse)
  }
  var S = problem.initialState
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for (chunk, wy) in zip(chunks, wy) {
    let (q, k) = (problem.q[rows: chunk], problem.k[rows: chunk])
    let X = wy.u - wy.w * S
    o[rows: chunk] = problem.scale * (q * S + (q * k.transposed).lowerTriangle * X)
    S += k.transposed * X
  }
  return Solution(o: o, finalState: S)
}

/// The gradient by chunks: the state that enters each is recomputed forwards, and
/// ``utTransformedBackward(_:_:inverse:)`` runs chunk after chunk backwards.
///
/// - Complexity: O(L·C·(C + dk + dv) + L·dk·dv), O(L·(dk + dv) + (L/C)·dk·dv) memory.
/// - Source: the paper recomputes states in the backward pass; proof: `Proofs/Chunkwise.md#chunkwise-backward`.
@inlinable
public func chunkwiseBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int,
  inverse: TriangularInverse<Scalar> = unitTriangularInverse
) -> Gradient<Scalar> {
  chunkByChunk(problem, cotangent, chunkLength: chunkLength) { chunk in
    let wy = WYRepresentation(
      utTransformOf: chunk.k, v: chunk.v, beta: chunk.beta, inverse: inverse)
    return chunk.initialState + chunk.k.transposed * (wy.u - wy.w * chunk.initialState)
  } backward: {
    utTransformedBackward($0, $1, inverse: inverse)
  }
}

/// The gradient of a sequence from those of its chunks.
///
/// - Parameters:
///   - stateAfter: the state after a chunk.
///   - backward: the gradient of a chunk.
@inlinable
public func chunkByChunk<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int,
  stateAfter: (Problem<Scalar>) -> Matrix<Scalar>,
  backward: (Problem<Scalar>, Cotangent<Scalar>) -> Gradient<Scalar>
) -> Gradient<Scalar> {
  let ranges = problem.chunks(of: chunkLength)
  var S = problem.initialState
  let chunks = ranges.map { range in
    let chunk = problem.tokens(range, from: S)
    S = stateAfter(chunk)
    return chunk
  }
  var gradient = Gradient(zerosFor: problem)
  gradient.dh0 = cotangent.finalState
  for (range, chunk) in zip(ranges, chunks).reversed() {
    let part = backward(chunk, Cotangent(o: cotangent.o[rows: range], finalState: gradient.dh0))
    gradient.dq[rows: range] = part.dq
    gradient.dk[rows: range] = part.dk
    gradient.dv[rows: range] = part.dv
    gradient.dbeta[rows: range] = part.dbeta
    gradient.dh0 = part.dh0
  }
  return gradient
}

extension Cost {
  public static let chunkwise = Cost(
    multiplications: N * utMultiplications(C), additions: N * utAdditions(C),
    depth: N * (4 + lgC + lgdk) + 2 * C + lgC + lgdk + 1,
    growth: Growth(
      work: "L·C·(C + dk + dv) + L·dk·dv", depth: "L/C·log C + C",
      memory: "L·(dk + dv) + L/C·dk·dv", error: Error(inverse: .ofChunk)
    ))
}
