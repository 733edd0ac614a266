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
/// - Complexity: ``Cost/blockSweep``: O(L²·(C + dk + dv) + L·dk·(dk + dv)), depth O((L/C)·log C + C).
/// - Source: the quadratic form of flash-linear-attention. Proof: `Proofs/BlockSweep.md#block-sweep`.
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

/// The gradient of the block sweep: what was read from right to left is returned from left to right.
///
/// For one query block with outputs' cotangent dO, at each block that it read, in reverse order:
///
///     d𝒜 = dO Vᵀ − dQ̃ Kᵀ,  dV += 𝒜ᵀ dO,  dK −= 𝒜ᵀ dQ̃             O += 𝒜 V,  Q̃ −= 𝒜 K
///     dT += Gᵀ d𝒜,  dG = d𝒜 Tᵀ,  dQ̃ += dG K,  dK += dGᵀ Q̃        𝒜 = G T,  G = Q̃ Kᵀ (masked)
///
/// - Complexity: O(L²·(C + dk + dv) + L·dk·(dk + dv)), O(L·(C + dk + dv) + (L/C)·dk²) memory.
/// - Source: derived; proof: `Proofs/BlockSweep.md#sweep-backward`.
@inlinable
public func blockSweepBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int
) -> Gradient<Scalar> {
  let ranges = problem.chunks(of: chunkLength)
  let blocks = ranges.map { SweptBlock($0, of: problem) }
  var gradient = Gradient(zerosFor: problem)
  var dT = blocks.map { Matrix<Scalar>.zero($0.T.rows, $0.T.columns) }

  /// Takes queries back through the blocks that they read, masked in their own; returns their cotangent.
  func sweepBack(
    _ queries: Matrix<Scalar>, _ dO: Matrix<Scalar>, through range: Range<Int>, own: Int?
  ) -> Matrix<Scalar> {
    func masked(_ x: Matrix<Scalar>, _ n: Int) -> Matrix<Scalar> { n == own ? x.lowerTriangle : x }
    var read: [(n: Int, queries: Matrix<Scalar>, G: Matrix<Scalar>)] = []
    var carried = queries
    for n in range.reversed() {
      let G = masked(carried * blocks[n].k.transposed, n)
      read.append((n, carried, G))
      carried -= (G * blocks[n].T) * blocks[n].k
    }
    var dQueries = dO * problem.initialState.transposed
    gradient.dh0 += carried.transposed * dO
    for (n, queries, G) in read.reversed() {
      let (block, rows) = (blocks[n], ranges[n])
      let weights = G * block.T
      let dWeights = dO * block.v.transposed - dQueries * block.k.transposed
      let dG = masked(dWeights * block.T.transposed, n)
      gradient.dv[rows: rows] += weights.transposed * dO
      gradient.dk[rows: rows] += dG.transposed * queries - weights.transposed * dQueries
      dT[n] += G.transposed * dWeights
      dQueries += dG * block.k
    }
    return dQueries
  }

  for (n, rows) in ranges.enumerated() {
    gradient.dq[rows: rows] = sweepBack(
      problem.q[rows: rows], problem.scale * cotangent.o[rows: rows], through: 0..<n + 1, own: n)
  }
  // The queries of the final state are constant: their cotangent goes nowhere.
  _ = sweepBack(
    .identity(problem.keyDimension), cotangent.finalState, through: blocks.indices, own: nil)
  for (n, rows) in ranges.enumerated() {
    let through = utTransformBackward(k: blocks[n].k, beta: problem.beta[rows: rows], dT: dT[n])
    gradient.dk[rows: rows] += through.dk
    gradient.dbeta[rows: rows] = through.dbeta
  }
  return gradient
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
      growth: Growth(
        work: "L²·(C + dk + dv) + L·dk·(dk + dv)", depth: "L/C·log C + C",
        memory: "L·(C + dk + dv) + L/C·dk²", error: Error(inverse: .ofChunk, formsTransitions: true)
      ))
  }()
}
