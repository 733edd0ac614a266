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
/// S is the state that enters the chunk. With chunks of one token this is the recurrence, with one
/// chunk the UT transform of the whole sequence.
///
/// - Complexity: ``Cost/chunkwise``: O(L·C·(C + dk + dv) + L·dk·dv), depth O(L/C + C), L/C states.
/// - Source: the paper, equations 8 and 9. Proof: `Proofs/README.md#chunkwise`.
@inlinable
public func chunkwise<Scalar>(
  _ problem: Problem<Scalar>, chunkLength: Int
) -> Solution<Scalar> {
  let chunks = problem.chunks(of: chunkLength)
  let wy = chunks.map { chunk in
    WYRepresentation(
      utTransformOf: problem.k[rows: chunk], v: problem.v[rows: chunk],
      beta: problem.beta[rows: chunk])
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

extension Cost {
  public static let chunkwise = Cost(
    multiplications: N * utMultiplications(C), additions: N * utAdditions(C),
    depth: N * (4 + lgC + lgdk) + 2 * C + lgC + lgdk + 1,
    growth: (work: "L·C·(C + dk + dv) + L·dk·dv", depth: "L/C·log C + C"))
}
