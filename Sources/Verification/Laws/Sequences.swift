import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let split = Law(
    "ST", "split",
    "Running a prefix, handing its final state on and running the rest is running the whole.",
    formula: "f(x ++ y, S₀) = f(x, S₀) ; f(y, S_|x|)", theorem: "Proofs/Sequences.md#splitting",
    LawInstance.formulations(
      "ST", cases: 1500, requiring: ["non-zero state", "chunks and a tail"],
      for: { source in
        let drawn = try Case<PrimeField>(from: &source)
        return Variation(drawn, "split at", source.integer(in: 0...drawn.problem.length))
      }
    ) { formulation, value, seen in
      seen.label(value.drawn)
      let (problem, C) = (value.problem, value.drawn.chunkLength)
      let prefix = problem.tokens(0..<value.extra, from: problem.initialState)
      let first = formulation.solve(prefix, chunkLength: C)
      let second = formulation.solve(
        problem.tokens(value.extra..<problem.length, from: first.finalState), chunkLength: C)
      try require(
        formulation.solve(problem, chunkLength: C),
        equals: Solution(o: first.o.stacked(on: second.o), finalState: second.finalState),
        "in two runs it")
    })

  static let causality = Law(
    "CA", "causality", "No output depends on a later token.",
    formula: "x_s = y_s for all s < t  ⟹  o_s(x) = o_s(y) for all s < t",
    theorem: "Proofs/Sequences.md#causality",
    LawInstance.formulations(
      "CA", cases: 1500,
      for: { source in
        let drawn = try Case<PrimeField>(from: &source)
        let t = source.integer(in: 0...drawn.problem.length)
        func changed(_ x: Matrix<PrimeField>) -> Matrix<PrimeField> {
          Matrix(x.rows, x.columns) { $0 < t ? x[$0, $1] : .drawn(from: &source) }
        }
        let problem = drawn.problem
        let other = try problem.replacing(
          q: changed(problem.q), k: changed(problem.k), v: changed(problem.v),
          beta: changed(problem.beta))
        return Variation(drawn, "changed from token", Change(token: t, problem: other))
      }
    ) { formulation, value, _ in
      let (t, C) = (value.extra.token, value.drawn.chunkLength)
      try require(
        "o", formulation.solve(value.extra.problem, chunkLength: C).o[rows: 0..<t],
        equals: formulation.solve(value.problem, chunkLength: C).o[rows: 0..<t],
        "before the change it")
    })

  private struct Change: CustomStringConvertible {
    let token: Int
    let problem: Problem<PrimeField>

    var description: String { "\(token) to \(describe(problem))" }
  }
}
