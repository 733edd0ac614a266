import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let condition = Law(
    "NE.condition", "condition of identical keys",
    "For C identical unit keys the condition of I + A in the maximum norm is 2C at β = 1 and (2C − 1)² at "
      + "β = 2.",
    formula: "κ(I + A) = 2C, (2C − 1)²", theorem: "Proofs/Contraction.md#condition",
    [
      LawInstance(
        "condition", numbers: "integers", isExhaustive: true,
        Property(
          "NE.condition/condition",
          for: { (C: $0.integer(in: 2...64), beta: $0.integer(in: 1...2)) }
        ) { value, _ in
          let (C, beta) = value
          let A = keyOverlaps(
            k: Matrix<Rational>(C, 1) { _, _ in .one },
            beta: Matrix(C, 1) { _, _ in Rational(beta) })
          let found = conditionNumber(A)
          let expected = Rational(beta == 1 ? 2 * C : (2 * C - 1) * (2 * C - 1))
          guard found == expected else { throw Falsified("κ is \(found), not \(expected)") }
        })
    ])

  static let instability = Law(
    "NE.powers", "powers of A are unstable",
    "For 48 or more identical keys and β = 1 forward substitution is exact in Float, and inverses by powers "
      + "of A have no correct digit.",
    formula: "max |fl((I + A)⁻¹) − (I + A)⁻¹| = 0, and ≥ 1 = max |(I + A)⁻¹|",
    theorem: "Proofs/UTTransform.md#forward-substitution",
    [
      LawInstance(
        "inverse", numbers: "Float", isExhaustive: true,
        Property("NE.powers/inverse", for: { $0.integer(in: 48...64) }) { C, _ in
          let A = keyOverlaps(
            k: Matrix<Float>(C, 1) { _, _ in 1 }, beta: Matrix(C, 1) { _, _ in 1 })
          let exact = Matrix<Float>(C, C) { $0 == $1 ? 1 : $0 == $1 + 1 ? -1 : 0 }
          func error(_ inverse: TriangularInverse<Float>) -> Float {
            (inverse(A) - exact).entries.map(abs).max() ?? 0
          }
          guard error(unitTriangularInverse) == 0 else {
            throw Falsified("forward substitution is off by \(error(unitTriangularInverse))")
          }
          for (name, inverse) in [
            ("the Neumann series", neumannInverse as TriangularInverse<Float>),
            ("repeated squaring", squaringInverse),
          ] where error(inverse) < 1 {
            throw Falsified("\(name) is off by no more than \(error(inverse))")
          }
        })
    ])
}

/// κ(I + A) = ‖I + A‖ ‖(I + A)⁻¹‖ in the maximum norm, of a strictly lower triangular A.
func conditionNumber<Scalar: Ring & Comparable>(_ A: Matrix<Scalar>) -> Scalar {
  func norm(_ X: Matrix<Scalar>) -> Scalar {
    (0..<X.rows).map { i in X[row: i].entries.reduce(.zero) { $0 + max($1, -$1) } }.max() ?? .zero
  }
  return norm(.identity(A.rows) + A) * norm(unitTriangularInverse(A))
}
