import Algebra
import BigInt
import DeltaRule
import PropertyTesting

extension Law {
  static let equivalence = Law(
    "EQ", "equivalence",
    "Every formulation gives what the recurrence gives, to the last digit.",
    formula: "f(q, k, v, β, scale, S₀) = recurrence(q, k, v, β, scale, S₀)",
    theorem: "Proofs/Equivalence.md#equivalence",
    Checks(
      Formulations.primeField.dropFirst().map {
        .equivalence(of: $0, cases: 6000, requiring: Case<PrimeField>.allRegimes)
      }, about: { .equivalence(of: $0.formulation, cases: 6000) }),
    Checks(Formulations.rational.dropFirst().map { .equivalence(of: $0, cases: 40) }))

  static let smallScope = Law(
    "EQ.small", "equivalence, every small case",
    "Every formulation equals the recurrence on all one-dimensional problems of at most two tokens "
      + "with entries −1, 0 and 1 and scale 1.",
    formula: "∀ L ≤ 2, dk = dv = 1, entries ∈ {−1, 0, 1}, scale = 1",
    theorem: "Proofs/Equivalence.md#equivalence",
    Checks(
      Formulations.primeField.dropFirst().map { formulation in
        let property = Property(
          "EQ.small/\(formulation.name)", for: { try Self.smallProblem(&$0, formulation.isChunked) }
        ) { value, _ in
          try requireEquivalence(formulation, value.problem, chunkLength: value.chunkLength)
        }
        return LawInstance(
          formulation.name, numbers: "integers mod 2⁶¹−1", isExhaustive: true, property)
      }))

  private static func smallProblem(
    _ source: inout ChoiceSource, _ isChunked: Bool
  ) throws -> FixedCase<PrimeField> {
    func entries(_ count: Int) -> Matrix<PrimeField> {
      Matrix(count, 1) { _, _ in PrimeField(source.integer(in: -1...1)) }
    }
    let L = source.integer(in: 0...2)
    let chunkLength = isChunked ? source.integer(in: 1...2) : 1
    let problem = try Problem(
      q: entries(L), k: entries(L), v: entries(L), beta: entries(L), scale: .one,
      initialState: entries(1))
    return FixedCase(problem: problem, chunkLength: chunkLength)
  }

  static let symbolic = Law(
    "EQ.symbols", "equivalence, as polynomials",
    "For small shapes every formulation gives the same polynomials in its inputs as the recurrence, "
      + "which proves it equal on every input of that shape, over every commutative ring.",
    formula: "f = recurrence in ℤ[q, k, v, β, scale, S₀]",
    theorem: "Proofs/Equivalence.md#equivalence",
    Checks(
      Formulations.symbolic.dropFirst().map { formulation in
        let property = Property(
          "EQ.symbols/\(formulation.name)",
          for: { source in
            try Self.symbolicProblem(
              L: source.integer(in: 0...3), dk: source.integer(in: 1...2),
              dv: source.integer(in: 1...2), chunkLength: source.integer(in: 1...2))
          }
        ) { value, _ in
          try requireEquivalence(formulation, value.problem, chunkLength: value.chunkLength)
        }
        return LawInstance(
          formulation.name, numbers: "polynomials over ℤ", isExhaustive: true, property)
      }))

  private static func symbolicProblem(
    L: Int, dk: Int, dv: Int, chunkLength: Int
  ) throws -> FixedCase<Polynomial<BigInt>> {
    func variables(_ name: String, _ rows: Int, _ columns: Int) -> Matrix<Polynomial<BigInt>> {
      Matrix(rows, columns) { Polynomial(variable: "\(name)\($0 + 1)\($1 + 1)") }
    }
    let problem = try Problem(
      q: variables("q", L, dk), k: variables("k", L, dk), v: variables("v", L, dv),
      beta: variables("β", L, 1), scale: Polynomial(variable: "scale"),
      initialState: variables("S", dk, dv))
    return FixedCase(problem: problem, chunkLength: chunkLength)
  }
}

/// A case that is not drawn from the regimes.
private struct FixedCase<Scalar: Ring>: CustomStringConvertible {
  let problem: Problem<Scalar>
  let chunkLength: Int

  var description: String { describe(problem) + ", C = \(chunkLength)" }
}

extension LawInstance {
  /// That a formulation equals the recurrence: for one of yours, too.
  ///
  /// - Parameter labels: the regimes that the cases must meet.
  public static func equivalence<Scalar: DrawnScalar>(
    of formulation: Formulation<Scalar>, cases: Int, requiring labels: [String] = []
  ) -> LawInstance {
    .about(
      formulation, "EQ", cases: cases, requiring: labels, for: { try Case<Scalar>(from: &$0) }
    ) { formulation, drawn, seen in
      seen.label(drawn)
      try requireEquivalence(formulation, drawn.problem, chunkLength: drawn.chunkLength)
    }
  }
}

private func requireEquivalence<Scalar>(
  _ formulation: Formulation<Scalar>, _ problem: Problem<Scalar>, chunkLength: Int
) throws(Falsified) {
  try require(
    formulation.solve(problem, chunkLength: chunkLength), equals: recurrence(problem),
    "the recurrence")
}
