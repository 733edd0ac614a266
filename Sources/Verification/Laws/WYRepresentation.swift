import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let wyRepresentation = Law(
    "WY", "WY representation",
    "A product of transitions is the identity less a sum of outer products, whichever way W and U "
      + "are found.",
    formula: "M_L ⋯ M_1 = I − Kᵀ W, H_L = Kᵀ U; W, U by recurrences = T K, T V",
    theorem: "Proofs/WYRepresentation.md#wy-representation",
    [
      .construction("WY", "product", over: PrimeField.self, cases: 1000, for: scalarBeta) { drawn in
        let problem = drawn.problem
        let wy = WYRepresentation(k: problem.k, v: problem.v, beta: problem.beta)
        let product = (0..<problem.length).reduce(
          Transition<PrimeField>.identity(
            keyDimension: problem.keyDimension, valueDimension: problem.valueDimension)
        ) { earlier, t in
          Transition(k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t])
            .after(earlier)
        }
        try require(
          "I − Kᵀ W", .identity(problem.keyDimension) - problem.k.transposed * wy.w,
          equals: product.A, "the product of the transitions")
        try require("Kᵀ U", problem.k.transposed * wy.u, equals: product.B, "H")
      },
      .construction("WY", "ut-transform", over: PrimeField.self, cases: 1000, for: scalarBeta) {
        let problem = $0.problem
        let byRows = WYRepresentation(k: problem.k, v: problem.v, beta: problem.beta)
        let byTransform = WYRepresentation(
          utTransformOf: problem.k, v: problem.v, beta: problem.beta)
        try require("W", byTransform.w, equals: byRows.w, "the recurrence")
        try require("U", byTransform.u, equals: byRows.u, "the recurrence")
      },
    ])
}
