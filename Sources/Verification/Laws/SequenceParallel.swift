import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let ranks = Law(
    "SP", "sequence parallel",
    "A batch whose tokens are spread over ranks, as many to each as one likes, gives what it gives on one.",
    formula: "f(x₀ ++ … ++ x_{n−1}) = f₀ ++ … ++ f_{n−1},  n = 1, 2, 3, 4, 7",
    theorem: "Proofs/SequenceParallel.md#packed-segments",
    Checks(
      HandingOn.allCases.flatMap { handingOn in
        [
          onRanks("SP", handingOn, over: PrimeField.self, cases: 600, requiring: regimesOnRanks) {
            try solutionOnRanks($0, handingOn)
          },
          onRanks("SP", handingOn, over: Rational.self, cases: 60) {
            try solutionOnRanks($0, handingOn)
          },
        ]
      } + [headOnRanks]))

  static let ranksGradient = Law(
    "GR.ranks", "gradients on ranks",
    "A batch whose tokens are spread over ranks has the gradient that it has on one.",
    formula: "∂f(x₀ ++ … ++ x_{n−1}) = ∂f₀ ++ … ++ ∂f_{n−1},  n = 1, 2, 3, 4, 7",
    theorem: "Proofs/SequenceParallel.md#packed-segments",
    Checks(
      HandingOn.allCases.flatMap { handingOn in
        [
          onRanks(
            "GR.ranks", handingOn, over: PrimeField.self, cases: 300, requiring: regimesOnRanks
          ) {
            try gradientOnRanks($0, handingOn)
          },
          onRanks("GR.ranks", handingOn, over: Rational.self, cases: 30) {
            try gradientOnRanks($0, handingOn)
          },
        ]
      }))

  static let regimesOnRanks = [
    "a rank without tokens", "a sequence on several ranks", "a packed sequence on several ranks",
    "a boundary inside a rank", "one β a value column", "7 ranks",
  ]

  private static func onRanks<Scalar: DrawnScalar>(
    _ law: String, _ handingOn: HandingOn, over field: Scalar.Type, cases: Int,
    requiring labels: [String] = [],
    check: @escaping @Sendable (CaseOnRanks<Scalar>) throws -> Void
  ) -> LawInstance {
    let suffix = Scalar.self == PrimeField.self ? "" : "@\(Scalar.fieldName)"
    return LawInstance(
      "\(handingOn)", numbers: Scalar.fieldName,
      Property(
        "\(law)/\(handingOn)\(suffix)", cases: cases,
        requiring: labels, for: { try CaseOnRanks<Scalar>(from: &$0) }
      ) { value, seen in
        for regime in value.regimes { seen.label(regime) }
        try check(value)
      })
  }

  private static func solutionOnRanks<Scalar: DrawnScalar>(
    _ value: CaseOnRanks<Scalar>, _ handingOn: HandingOn
  ) throws {
    let spread = value.spread
    let found = spread.split.joined(try spread.solutionsInTurn(handingOn).map(\.solution))
    let expected = spread.problem.solve { recurrence($0) }
    try require("o", found.o, equals: expected.o)
    try require("final_state", found.finalState, equals: expected.finalState)
  }

  private static func gradientOnRanks<Scalar: DrawnScalar>(
    _ value: CaseOnRanks<Scalar>, _ handingOn: HandingOn
  ) throws {
    let spread = value.spread
    let entered = try spread.solutionsInTurn(handingOn).map(\.entered)
    let found = spread.split.joined(try spread.gradientsInTurn(of: entered, handingOn))
    let expected = try spread.problem.gradient(spread.cotangent) { recurrenceBackward($0, $1) }
    try require("dq", found.dq, equals: expected.dq)
    try require("dk", found.dk, equals: expected.dk)
    try require("dv", found.dv, equals: expected.dv)
    try require("dbeta", found.dbeta, equals: expected.dbeta)
    try require("dh0", found.dh0, equals: expected.dh0)
  }

  /// The formulas for one head, forwards and backwards.
  private static let headOnRanks = LawInstance(
    "one head", numbers: PrimeField.fieldName,
    Property(
      "SP/one head", cases: 600, for: { try HeadOnRanks(from: &$0) }
    ) { value, _ in
      let (problem, C) = (value.drawn.problem, value.drawn.chunkLength)
      let (S, dht) = (problem.initialState, value.cotangent.finalState)
      let zero = Matrix<PrimeField>.zero(S.rows, S.columns)
      let (count, last) = (value.ranges.count, value.ranges.count - 1)
      let forward = try RankInTurn<PrimeField>.each(of: count) { ranks in
        try sequenceParallel(
          problem.tokens(value.ranges[ranks.rank], from: ranks.rank == 0 ? S : zero),
          chunkLength: C, on: ranks)
      }
      let backward = try RankInTurn<PrimeField>.each(of: count, startsWithLast: true) { ranks in
        try sequenceParallelBackward(
          forward[ranks.rank].entered,
          Cotangent(
            o: value.cotangent.o[rows: value.ranges[ranks.rank]],
            finalState: ranks.rank == last ? dht : zero),
          chunkLength: C, on: ranks)
      }
      let (solution, gradient) = (
        recurrence(problem), recurrenceBackward(problem, value.cotangent)
      )
      try require(
        "final_state", forward[last].solution.finalState, equals: solution.finalState, "one rank")
      try require("dh0", backward[0].dh0, equals: gradient.dh0, "one rank")
      for (rank, range) in value.ranges.enumerated() {
        let (o, part) = (forward[rank].solution.o, backward[rank])
        try require("o of rank \(rank)", o, equals: solution.o[rows: range], "one rank")
        try require("dq of rank \(rank)", part.dq, equals: gradient.dq[rows: range], "one rank")
        try require("dk of rank \(rank)", part.dk, equals: gradient.dk[rows: range], "one rank")
        try require("dv of rank \(rank)", part.dv, equals: gradient.dv[rows: range], "one rank")
        try require(
          "dbeta of rank \(rank)", part.dbeta, equals: gradient.dbeta[rows: range], "one rank")
      }
    })
}

/// A batch, its cotangent, and how many tokens each rank holds.
private struct CaseOnRanks<Scalar: DrawnScalar>: Sendable, CustomStringConvertible {
  let batch: BatchCase<Scalar>
  let spread: SpreadBatch<Scalar>

  init(from source: inout ChoiceSource) throws {
    let batch = try BatchCase<Scalar>(from: &source, packed: source.oneIn(2))
    let shape = batch.problem.shape
    let split = try SequenceSplit(shape, lengths: source.lengths(of: shape.length))
    func drawn(_ shape: [Int]) -> Tensor<Scalar> {
      Tensor(
        shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in .drawn(from: &source) })
    }
    self.batch = batch
    spread = SpreadBatch(
      problem: batch.problem,
      cotangent: BatchedSolution(o: drawn(shape.values), finalState: drawn(shape.states)),
      split: split, chunkLength: batch.chunkLength)
  }

  var regimes: Set<String> { batch.regimes.union(spread.regimes) }

  var description: String {
    "\(batch), tokens of ranks \(spread.split.parts.map(\.tokens)), "
      + "do = \(spread.cotangent.o.elements), dht = \(spread.cotangent.finalState.elements)"
  }
}

private struct HeadOnRanks: Sendable, CustomStringConvertible {
  let drawn: Case<PrimeField>
  let ranges: [Range<Int>]
  let cotangent: Cotangent<PrimeField>

  init(from source: inout ChoiceSource) throws {
    drawn = try Case(from: &source, Restrictions(allowsVectorBeta: false))
    let problem = drawn.problem
    let ends = source.lengths(of: problem.length).reduce(into: [0]) {
      $0.append($0[$0.count - 1] + $1)
    }
    ranges = zip(ends, ends.dropFirst()).map { $0..<$1 }
    cotangent = Cotangent(
      o: Matrix(problem.length, problem.valueDimension) { _, _ in .drawn(from: &source) },
      finalState: Matrix(problem.keyDimension, problem.valueDimension) { _, _ in
        .drawn(from: &source)
      })
  }

  var description: String { "\(drawn), tokens of ranks \(ranges), cotangent \(cotangent)" }
}

extension ChoiceSource {
  /// `total` tokens over 1, 2, 3, 4 or 7 ranks.
  fileprivate mutating func lengths(of total: Int) -> [Int] {
    let count = element(of: [1, 2, 3, 4, 7])
    var ends: [Int] = []
    for _ in 1..<count { ends.append(integer(in: 0...total)) }
    ends.sort()
    return zip(ends + [total], [0] + ends).map(-)
  }
}

private func require<Scalar>(
  _ name: String, _ found: Tensor<Scalar>, equals expected: Tensor<Scalar>
) throws where Scalar: Equatable {
  guard found != expected else { return }
  throw Falsified("\(name) is \(found.elements) on ranks and \(expected.elements) on one")
}
