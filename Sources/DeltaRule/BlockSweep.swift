public import Algebra

/// A block of consecutive tokens, as those who come later see it.
@usableFromInline
struct SweptBlock<Scalar: Ring> {
  @usableFromInline let k: Matrix<Scalar>
  @usableFromInline let v: Matrix<Scalar>
  @usableFromInline let T: Matrix<Scalar>

  @inlinable
  init(_ block: Range<Int>, of problem: Problem<Scalar>) {
    k = problem.k[rows: block]
    v = problem.v[rows: block]
    T = utTransform(k: k, beta: problem.beta[rows: block])
  }

  /// Reads this block with `weights` and carries the queries to its beginning.
  ///
  ///     O ← O + 𝒜 V        Q ← Q − 𝒜 K
  @inlinable
  func read(_ weights: Matrix<Scalar>, o: inout Matrix<Scalar>, queries: inout Matrix<Scalar>) {
    o += weights * v
    queries -= weights * k
  }
}

/// The fully parallel form without an L × L inverse: every block of queries sweeps the blocks before
/// it from right to left.
///
///     𝒜 = tril(Q Kᵀ) T   in the block itself,      𝒜 = Q̃ Kᵀ T   in each block before it
///     O ← O + 𝒜 V        Q̃ ← Q̃ − 𝒜 K              (Q̃ (I − Kᵀ T K): carried past the block)
///     O ← scale · (O + Q̃ S_0)                      at the beginning
///
/// Query blocks do not depend on each other, and none on a state. The final state is what the rows
/// of I read from the end.
///
/// - Complexity: ``Cost/blockSweep``: O(L²·(dk + dv + C)), depth O(L/C + C).
/// - Source: the quadratic form of flash-linear-attention. Proof: `Proofs/README.md#block-sweep`.
@inlinable
public func blockSweep<Scalar>(
  _ problem: Problem<Scalar>, chunkLength: Int
) -> Solution<Scalar> {
  let ranges = problem.chunks(of: chunkLength)
  let blocks = ranges.map { SweptBlock($0, of: problem) }

  func sweep(
    _ earlier: ArraySlice<SweptBlock<Scalar>>, _ queries: Matrix<Scalar>, _ o: Matrix<Scalar>
  ) -> Matrix<Scalar> {
    var (queries, o) = (queries, o)
    for block in earlier.reversed() {
      block.read((queries * block.k.transposed) * block.T, o: &o, queries: &queries)
    }
    return o + queries * problem.initialState
  }

  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for (n, rows) in ranges.enumerated() {
    let block = blocks[n]
    var queries = problem.q[rows: rows]
    var own = Matrix<Scalar>.zero(rows.count, problem.valueDimension)
    let weights = (queries * block.k.transposed).lowerTriangle * block.T
    block.read(weights, o: &own, queries: &queries)
    o[rows: rows] = problem.scale * sweep(blocks[..<n], queries, own)
  }
  let nothing = Matrix<Scalar>.zero(problem.keyDimension, problem.valueDimension)
  let finalState = sweep(blocks[...], .identity(problem.keyDimension), nothing)
  return Solution(o: o, finalState: finalState)
}

extension Cost {
  public static let blockSweep: Cost = {
    let own: Count = C * C * (dk + 1) + substitution(C) + pairs(C + 1)
    let ownAdditions: Count = C * C * (dk - 1) + substitution(C)
    let read: Count = C * C * (C + 2 * dk + dv)
    let finalRead: Count = 2 * C * square + C * C * dk + C * state
    return Cost(
      multiplications: N * (own + finalRead + C * state + C * dv) + pairs(N + 1) * read + slab,
      additions: N * (ownAdditions + finalRead - 2 * C * dk + C * state)
        + pairs(N + 1) * (read - 2 * C * C) + slab,
      depth: N * (4 + 2 * lgC + lgdk) + 2 * C + lgdk + 1,
      growth: (work: "L²·(C + dk + dv)", depth: "L/C·log C + C"))
  }()
}
