import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let noWriting = Law(
    "RED.zero", "β = 0", "Without writing the state stays, and every output reads it.",
    formula: "β = 0  ⟹  S_L = S₀, O = scale · Q S₀", theorem: "Proofs/Reductions.md#reductions",
    LawInstance.formulations(
      "RED.zero", cases: 750,
      for: { try Case<PrimeField>(from: &$0, Restrictions(betas: [.zero])) }
    ) { formulation, drawn, _ in
      let problem = drawn.problem
      try require(
        formulation.solve(problem, chunkLength: drawn.chunkLength),
        equals: Solution(
          o: problem.scale * (problem.q * problem.initialState),
          finalState: problem.initialState),
        "the unwritten state")
    })

  static let linearAttention = Law(
    "RED.linear", "linear attention",
    "On orthonormal keys with β = 1 and no initial state the delta rule is linear attention.",
    formula: "K Kᵀ = I, β = 1, S₀ = 0  ⟹  O = scale · tril(Q Kᵀ) V, S_L = Kᵀ V",
    theorem: "Proofs/Reductions.md#reductions",
    LawInstance.formulations(
      "RED.linear", cases: 750,
      for: { source in
        let drawn = try Case<PrimeField>(
          from: &source,
          Restrictions(
            keys: [.orthonormal], betas: [.one], allowsVectorBeta: false, zeroState: true,
            lengths: 0...4))
        try source.assume(drawn.problem.length <= drawn.problem.keyDimension)
        return drawn
      }
    ) { formulation, drawn, _ in
      let (q, k, v) = (drawn.problem.q, drawn.problem.k, drawn.problem.v)
      try require(
        formulation.solve(drawn.problem, chunkLength: drawn.chunkLength),
        equals: Solution(
          o: drawn.problem.scale * ((q * k.transposed).lowerTriangle * v),
          finalState: k.transposed * v),
        "linear attention")
    })

  static let recall = Law(
    "RED.recall", "recall",
    "With β = 1 and one unit key over and over, reading with that key gives the last value back.",
    formula: "k_t = k, |k| = 1, β = 1, q_t = k  ⟹  o_t = scale · v_t, k S_L = v_L",
    theorem: "Proofs/Reductions.md#reductions",
    unitKeys("RED.recall", beta: .one) { formulation, drawn in
      let first = drawn.problem.k
      let keys = Matrix(first.rows, first.columns) { first[0, $1] }
      let problem = try drawn.problem.replacing(q: keys, k: keys)
      let solution = formulation.solve(problem, chunkLength: drawn.chunkLength)
      try require("o", solution.o, equals: problem.scale * problem.v, "the values")
      guard problem.length > 0 else { return }
      let last = problem.length - 1
      try require(
        "k S_L", keys[row: last] * solution.finalState, equals: problem.v[row: last],
        "the last value")
    })

  static let isometry = Law(
    "RED.isometry", "reflection",
    "With unit keys and β = 2 every token reflects: the difference of two states keeps its inner "
      + "products.",
    formula: "β = 2, |k_t| = 1  ⟹  (S_L − S′_L)ᵀ(S_L − S′_L) = (S₀ − S₀′)ᵀ(S₀ − S₀′)",
    theorem: "Proofs/Reductions.md#reductions",
    unitKeys("RED.isometry", beta: .two) { formulation, drawn in
      let problem = drawn.problem
      let fromZero = try problem.replacing(
        initialState: .zero(problem.keyDimension, problem.valueDimension))
      let difference =
        formulation.solve(problem, chunkLength: drawn.chunkLength).finalState
        - formulation.solve(fromZero, chunkLength: drawn.chunkLength).finalState
      try require(
        "the difference's Gram matrix", difference.transposed * difference,
        equals: problem.initialState.transposed * problem.initialState, "the initial one")
    })

  static let projection = Law(
    "RED.project", "projection",
    "With a unit key and β = 1 a token projects: writing it once more changes nothing.",
    formula: "β = 1, |k| = 1  ⟹  S_L(x ++ x_L) = S_L(x)",
    theorem: "Proofs/Reductions.md#reductions",
    unitKeys("RED.project", beta: .one) { formulation, drawn in
      let problem = drawn.problem
      guard problem.length > 0 else { throw Discarded() }
      let again = try problem.followed(
        by: problem.tokens(problem.length - 1..<problem.length, from: problem.initialState))
      try require(
        "final_state", formulation.solve(again, chunkLength: drawn.chunkLength).finalState,
        equals: formulation.solve(problem, chunkLength: drawn.chunkLength).finalState,
        "writing it once")
    })

  private static func unitKeys(
    _ law: String, beta: BetaRegime,
    _ check: @escaping @Sendable (Formulation<PrimeField>, Case<PrimeField>) throws -> Void
  ) -> Checks {
    LawInstance.formulations(
      law, cases: 750,
      for: {
        try Case<PrimeField>(
          from: &$0, Restrictions(keys: [.unit], betas: [beta], allowsVectorBeta: false))
      }
    ) { formulation, drawn, _ in try check(formulation, drawn) }
  }
}
