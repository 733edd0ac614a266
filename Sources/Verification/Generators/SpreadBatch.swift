import Algebra
import DeltaRule

/// A batch whose tokens are spread over ranks, and a cotangent of what it gives.
struct SpreadBatch<Scalar: Ring>: Sendable {
  let problem: BatchedProblem<Scalar>
  let cotangent: BatchedSolution<Scalar>
  let split: SequenceSplit
  let chunkLength: Int

  /// What computes the tokens of a rank: a form that takes a chunk length and vector β.
  private var kernel: Kernel<Scalar> {
    Kernel(
      "chunkwise-solve", isChunked: true,
      solve: { problem, C in problem.solve { chunkwiseSolve($0, chunkLength: C) } },
      gradient: { problem, cotangent, C in
        try problem.gradient(cotangent) { chunkwiseSolveBackward($0, $1, chunkLength: C) }
      })
  }

  /// What a rank computes forwards.
  func solution(
    _ handingOn: HandingOn, on ranks: some Communicator<Scalar>
  ) throws -> (solution: BatchedSolution<Scalar>, entered: Segment<Scalar>) {
    try split.segments(of: problem)[ranks.rank].solve(
      by: kernel, chunkLength: chunkLength, handingOn: handingOn, on: ranks)
  }

  /// What a rank computes backwards, from what entered it forwards.
  func gradient(
    of entered: Segment<Scalar>, _ handingOn: HandingOn, on ranks: some Communicator<Scalar>
  ) throws -> BatchedGradient<Scalar> {
    try entered.gradient(
      split.cotangents(of: cotangent)[ranks.rank], by: kernel, chunkLength: chunkLength,
      handingOn: handingOn, on: ranks)
  }

  /// What each rank computes forwards, one after another.
  func solutionsInTurn(
    _ handingOn: HandingOn
  ) throws -> [(solution: BatchedSolution<Scalar>, entered: Segment<Scalar>)] {
    try RankInTurn<Scalar>.each(of: split.parts.count) { try solution(handingOn, on: $0) }
  }

  /// What each rank computes backwards, one after another.
  func gradientsInTurn(
    of entered: [Segment<Scalar>], _ handingOn: HandingOn
  ) throws -> [BatchedGradient<Scalar>] {
    try RankInTurn<Scalar>.each(of: entered.count, startsWithLast: true) { ranks in
      try gradient(of: entered[ranks.rank], handingOn, on: ranks)
    }
  }

  /// The same batch over another ring.
  func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> SpreadBatch<Other> {
    SpreadBatch<Other>(
      problem: try problem.map(convert), cotangent: try cotangent.map(convert), split: split,
      chunkLength: chunkLength)
  }

  var regimes: Set<String> {
    var regimes: Set = ["\(split.parts.count) ranks"]
    if split.parts.contains(where: \.tokens.isEmpty) { regimes.insert("a rank without tokens") }
    if split.parts.contains(where: {
      $0.continues && $0.tokens.lowerBound > 0 && !$0.tokens.isEmpty
    }) {
      regimes.insert(
        split.shape.boundaries == nil
          ? "a sequence on several ranks" : "a packed sequence on several ranks")
    }
    if split.shape.boundaries != nil, split.parts.contains(where: { $0.sequences.count > 1 }) {
      regimes.insert("a boundary inside a rank")
    }
    if split.shape.hasVectorBeta { regimes.insert("one β a value column") }
    return regimes
  }
}
