import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let ranksRoundingErrors = Law(
    "SP.error", "rounding error on ranks",
    "In floating point what ranks compute stays within its running error bound of the exact result, "
      + "forwards and backwards.",
    formula: "|fl(f_r)(x) − f_r(x)| ≤ E,  |fl(∂f_r)(x) − ∂f_r(x)| ≤ E,  r < n = 1, 2, 3, 4, 7",
    theorem: "Proofs/RoundingErrors.md#running-error",
    Checks(
      HandingOn.allCases.flatMap { handingOn in
        [
          boundsOnRanks(handingOn, Float.self, "Float"),
          boundsOnRanks(handingOn, Double.self, "Double"),
        ]
      }))

  private static func boundsOnRanks<Base: RoundedArithmetic & Real>(
    _ handingOn: HandingOn, _: Base.Type, _ name: String
  ) -> LawInstance {
    let limits = BatchLimits(
      length: 10, sequences: 2, keyHeads: 2, groupSize: 2, width: 3, chunkLength: 4, bits: 23)
    return LawInstance(
      "\(handingOn)", numbers: name,
      Property(
        "SP.error/\(handingOn)@\(name)", cases: 60, requiring: regimesOnRanks,
        for: { source in
          try FloatBatch<Base>(
            from: &source, ranks: source.element(of: [1, 2, 3, 4, 7]), limits)
        }
      ) { value, seen in
        let spread = value.spread
        for regime in spread.regimes { seen.label(regime) }
        let plain = try resultsInTurn(of: spread, handingOn)
        let bounded = try resultsInTurn(of: spread.map { RunningError(exact: $0) }, handingOn)
        let exact = try exactResult(of: spread)
        for (rank, (plain, bounded)) in zip(plain, bounded).enumerated() {
          try require(plain, equals: bounded, on: rank)
          try within(bounded, of: exact, on: rank, spread.split, &seen)
        }
      })
  }

  private static func resultsInTurn<Scalar>(
    of spread: SpreadBatch<Scalar>, _ handingOn: HandingOn
  ) throws -> [BatchResult<Scalar>] {
    let forward = try spread.solutionsInTurn(handingOn)
    let gradients = try spread.gradientsInTurn(of: forward.map(\.entered), handingOn)
    return zip(forward, gradients).map { BatchResult(solution: $0.solution, gradient: $1) }
  }

  /// What the recurrence over dyadic numbers gives on one rank.
  static func exactResult<Base: RoundedArithmetic & Real>(
    of spread: SpreadBatch<Base>
  ) throws -> BatchResult<Dyadic> {
    let exact = try spread.map(exactly)
    return BatchResult(
      solution: exact.problem.solve { recurrence($0) },
      gradient: try exact.problem.gradient(exact.cotangent) { recurrenceBackward($0, $1) })
  }

  /// What the recurrence with 106 bits gives on one rank, with bounds: for batches that are too large for ``exactResult(of:)``.
  static func enclosedResult<Base: Real>(
    of spread: SpreadBatch<Base>
  ) throws -> BatchResult<RunningError<DoubleDouble>> {
    let wide = spread.map { RunningError(exact: DoubleDouble($0.double)) }
    return BatchResult(
      solution: wide.problem.solve { recurrence($0) },
      gradient: try wide.problem.gradient(wide.cotangent) { recurrenceBackward($0, $1) })
  }

  /// Falsifies the law unless what one rank computed lies within its bounds of its part of the exact result.
  ///
  /// States at the borders between ranks have no part in that: ``BatchedSolution/finalState`` is compared where a sequence
  /// ends, dh0 where it begins.
  static func within<Base, Exact: Enclosure>(
    _ found: BatchResult<RunningError<Base>>, of exact: BatchResult<Exact>, on rank: Int,
    _ split: SequenceSplit, _ seen: inout Observations
  ) throws {
    let (shape, part) = (split.shape, split.parts[rank])
    let isPacked = shape.boundaries != nil
    func tokens(
      _ name: String, _ found: Tensor<RunningError<Base>>, of exact: Tensor<Exact>,
      _ seen: inout Observations
    ) throws {
      for row in 0..<shape.batch {
        for head in 0..<exact.shape[2] {
          try within(
            "\(name) of rank \(rank), row \(row), head \(head)",
            found[row, tokens: 0..<part.tokens.count, head: head],
            of: exact[row, tokens: part.tokens, head: head], &seen)
        }
      }
    }
    func states(
      _ name: String, _ found: Tensor<RunningError<Base>>, of exact: Tensor<Exact>,
      where isWhole: (_ sequence: Int) -> Bool, _ seen: inout Observations
    ) throws {
      for (place, sequence) in part.sequences.enumerated() where isWhole(sequence) {
        for head in 0..<shape.heads {
          try within(
            "\(name) of rank \(rank), sequence \(sequence), head \(head)",
            found[place, stateOfHead: head], of: exact[sequence, stateOfHead: head], &seen)
        }
      }
    }
    try tokens("o", found.solution.o, of: exact.solution.o, &seen)
    try tokens("dq", found.gradient.dq, of: exact.gradient.dq, &seen)
    try tokens("dk", found.gradient.dk, of: exact.gradient.dk, &seen)
    try tokens("dv", found.gradient.dv, of: exact.gradient.dv, &seen)
    try tokens("dbeta", found.gradient.dbeta, of: exact.gradient.dbeta, &seen)
    // Of a row every sequence is cut at a border, of packed sequences the last one and the first.
    try states(
      "final_state", found.solution.finalState, of: exact.solution.finalState,
      where: { !part.goesOn || isPacked && $0 != part.sequences.last }, &seen)
    try states(
      "dh0", found.gradient.dh0, of: exact.gradient.dh0,
      where: { !part.continues || isPacked && $0 != part.sequences.first }, &seen)
  }
}

/// What a batch, or a rank's part of it, gives forwards and backwards.
struct BatchResult<Scalar: Ring>: Sendable {
  let solution: BatchedSolution<Scalar>
  let gradient: BatchedGradient<Scalar>
}

/// Falsifies the law unless arithmetic with bounds has the values of arithmetic without.
func require<Base>(
  _ plain: BatchResult<Base>, equals bounded: BatchResult<RunningError<Base>>, on rank: Int
) throws(Falsified) {
  guard plain.solution == bounded.solution.map(\.value) else {
    throw Falsified(
      "the solution of rank \(rank) differs from that of the same arithmetic with bounds")
  }
  guard plain.gradient == bounded.gradient.map(\.value) else {
    throw Falsified(
      "the gradient of rank \(rank) differs from that of the same arithmetic with bounds")
  }
}
