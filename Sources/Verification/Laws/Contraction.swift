import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let contraction = Law(
    "NE", "non-expansion",
    "Where β|k|² is between 0 and 2 for every token, writing nothing never makes the state larger.",
    formula: "v = 0, 0 ≤ β|k|² ≤ 2 ⇒ ‖S_L‖² ≤ ‖S_0‖²", theorem: "Proofs/Contraction.md#contraction",
    Checks(
      Formulations.rational.map { formulation in
        .about(
          formulation, "NE", cases: 40, requiring: [],
          for: { try Case<Rational>(contractiveFrom: &$0) }
        ) { formulation, drawn, _ in
          let problem = try drawn.problem.replacing(
            v: .zero(drawn.problem.length, drawn.problem.valueDimension))
          let before = problem.initialState.squaredNorm
          let after = formulation.solve(problem, chunkLength: drawn.chunkLength)
            .finalState.squaredNorm
          guard after <= before else {
            throw Falsified("‖S_L‖² is \(after), ‖S_0‖² is \(before)")
          }
        }
      }))

  static let inverseEntries = Law(
    "NE.inverse", "entries of the inverse",
    "Where β|k|² is between 0 and 2 for every token, no entry of (I + A)⁻¹ below the diagonal exceeds "
      + "β_i |k_i| |k_j|.",
    formula: "|(I + A)⁻¹_ij| ≤ β_i |k_i| |k_j|", theorem: "Proofs/Contraction.md#inverse-entries",
    [
      .construction(
        "NE.inverse", "entries", over: Rational.self, cases: 200,
        for: { try Case<Rational>(contractiveFrom: &$0) }
      ) { drawn in
        let (k, beta) = (drawn.problem.k, drawn.problem.beta)
        let inverse = unitTriangularInverse(keyOverlaps(k: k, beta: beta))
        for i in 0..<k.rows {
          for j in 0..<i {
            let bound =
              beta[i, 0] * beta[i, 0] * k[row: i].squaredNorm * k[row: j].squaredNorm
            guard inverse[i, j] * inverse[i, j] <= bound else {
              throw Falsified("entry [\(i), \(j)] is \(inverse[i, j]), its bound squared \(bound)")
            }
          }
        }
      }
    ])
}

extension Matrix {
  fileprivate var squaredNorm: Scalar { entries.reduce(.zero) { $0 + $1 * $1 } }
}

extension Case<Rational> {
  /// A case with β|k|² between 0 and 2 for every token.
  fileprivate init(contractiveFrom source: inout ChoiceSource) throws {
    let drawn = try Case(
      from: &source, Restrictions(betas: [.one], allowsVectorBeta: false, lengths: 0...8))
    let beta = Matrix(drawn.problem.length, 1) { t, _ in
      let square = drawn.problem.k[row: t].squaredNorm
      // Both ends are common on purpose.
      let strength = Rational.fraction(source.integer(in: 0...8), 4)
      return square == .zero ? strength : strength / square
    }
    self.init(drawn, problem: try drawn.problem.replacing(beta: beta))
  }
}
