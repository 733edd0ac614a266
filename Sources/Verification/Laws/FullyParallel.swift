import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let attention = Law(
    "AT", "attention matrix",
    "The attention matrix times the values is the output from a zero state, and its entry is the "
      + "unrolled product with its β_j.",
    formula: "𝒜 V = O where S₀ = 0; 𝒜_ij = scale · β_j · q_i (M_i ⋯ M_{j+1}) k_jᵀ for j ≤ i",
    theorem: "Proofs/FullyParallel.md#fully-parallel",
    [
      .construction(
        "AT", "output", over: PrimeField.self, cases: 600,
        for: {
          try Case<PrimeField>(
            from: &$0, Restrictions(allowsVectorBeta: false, zeroState: true))
        }
      ) { drawn in
        try require(
          "𝒜 V", attentionMatrix(drawn.problem) * drawn.problem.v,
          equals: recurrence(drawn.problem).o, "the recurrence")
      },
      .construction("AT", "entries", over: PrimeField.self, cases: 400, for: scalarBeta) { drawn in
        let (q, k, beta) = (drawn.problem.q, drawn.problem.k, drawn.problem.beta)
        let unrolled = Matrix<PrimeField>(k.rows, k.rows) { i, j in
          guard j <= i else { return .zero }
          let path = (j + 1..<i + 1).reduce(k[row: j].transposed) { vector, m in
            householder(k: k[row: m], beta: beta[row: m]) * vector
          }
          return drawn.problem.scale * beta[j, 0] * (q[row: i] * path)[0, 0]
        }
        try require("𝒜", attentionMatrix(drawn.problem), equals: unrolled, "the unrolled product")
      },
    ])
}
