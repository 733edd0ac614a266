import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let utTransform = Law(
    "UT", "UT transform",
    "(I + A)⁻¹ is an inverse on both sides, T solves its equation, and an entry of the inverse is a "
      + "sum over paths.",
    formula: "(I + A) T = diag(β), (I + A)⁻¹_ij = −β_i k_i (M_{i−1} ⋯ M_{j+1}) k_jᵀ for j < i",
    theorem: "Proofs/UTTransform.md#ut-transform",
    [
      .construction("UT", "inverse", over: PrimeField.self, cases: 600, for: scalarBeta) { drawn in
        let A = keyOverlaps(k: drawn.problem.k, beta: drawn.problem.beta)
        let one = Matrix<PrimeField>.identity(A.rows)
        let inverse = unitTriangularInverse(A)
        try require("(I + A)⁻¹ (I + A)", inverse * (one + A), equals: one, "I")
        try require("(I + A) (I + A)⁻¹", (one + A) * inverse, equals: one, "I")
      },
      .construction("UT", "any-triangle", over: PrimeField.self, cases: 400, for: triangle) { A in
        let one = Matrix<PrimeField>.identity(A.rows)
        try require(
          "(I + A) (I + A)⁻¹", (one + A) * unitTriangularInverse(A), equals: one, "I")
      },
      .construction("UT", "equation", over: PrimeField.self, cases: 600, for: scalarBeta) { drawn in
        let (k, beta) = (drawn.problem.k, drawn.problem.beta)
        let one = Matrix<PrimeField>.identity(k.rows)
        let (A, T) = (keyOverlaps(k: k, beta: beta), DeltaRule.utTransform(k: k, beta: beta))
        try require("(I + A) T", (one + A) * T, equals: beta .* one, "diag(β)")
      },
      .construction("UT", "entries", over: PrimeField.self, cases: 400, for: scalarBeta) { drawn in
        let (k, beta) = (drawn.problem.k, drawn.problem.beta)
        let inverse = unitTriangularInverse(keyOverlaps(k: k, beta: beta))
        let byPaths = Matrix<PrimeField>(k.rows, k.rows) { i, j in
          guard j < i else { return i == j ? .one : .zero }
          let path = (j + 1..<i).reduce(k[row: j].transposed) { vector, m in
            householder(k: k[row: m], beta: beta[row: m]) * vector
          }
          return -(beta[i, 0] * (k[row: i] * path)[0, 0])
        }
        try require("(I + A)⁻¹", inverse, equals: byPaths, "the sum over paths")
      },
    ])

  @Sendable
  private static func triangle(_ source: inout ChoiceSource) -> Matrix<PrimeField> {
    let size = source.dimension(0...7)
    let rows = source.each(size) { $0.each(size) { PrimeField.drawn(from: &$0) } }
    return Matrix(rows: size.count, columns: size.count, entries: rows.flatMap { $0 })
      .strictLowerTriangle
  }
}
