import Algebra
import DeltaRule
import Testing

private func matrix(_ rows: [[Rational]]) -> Matrix<Rational> {
  Matrix(rows: rows.count, columns: rows[0].count, entries: rows.flatMap { $0 })
}

private func fraction(_ n: Int, _ d: Int = 1) -> Rational { Rational(n) / Rational(d) }

/// Two tokens worked out by hand.
///
///     k₁ = (1, 0), v₁ = 4, β₁ = 1/2:  x = 1/2·(4 − 0) = 2,  S₁ = (2, 0)ᵀ,  o₁ = 3·(1·2 + 1·0) = 6
///     k₂ = (3/5, 4/5), v₂ = 1, β₂ = 1: k₂S₁ = 6/5, x = −1/5, S₂ = (47/25, −4/25)ᵀ, o₂ = 3·47/25
@Suite("A worked example")
struct WorkedExampleTests {
  private let solution = Solution(
    o: matrix([[fraction(6)], [fraction(141, 25)]]),
    finalState: matrix([[fraction(47, 25)], [fraction(-4, 25)]]))

  private func problem() throws -> Problem<Rational> {
    try Problem(
      q: matrix([[fraction(1), fraction(1)], [fraction(1), fraction(0)]]),
      k: matrix([[fraction(1), fraction(0)], [fraction(3, 5), fraction(4, 5)]]),
      v: matrix([[fraction(4)], [fraction(1)]]),
      beta: matrix([[fraction(1, 2)], [fraction(1)]]), scale: fraction(3),
      initialState: .zero(2, 1))
  }

  @Test(arguments: Formulation<Rational>.all.map(\.name))
  func everyFormulation(name: String) throws {
    let formulation = try #require(Formulation<Rational>.all.first { $0.name == name })
    for chunkLength in 1...3 {
      #expect(try formulation.solve(problem(), chunkLength: chunkLength) == solution)
    }
  }

  /// A = [[0, 0], [3/5, 0]], T = [[1/2, 0], [−3/10, 1]], 𝒜 = 3·tril(QKᵀ) T.
  @Test
  func attention() throws {
    let problem = try problem()
    #expect(
      utTransform(k: problem.k, beta: problem.beta)
        == matrix([[fraction(1, 2), fraction(0)], [fraction(-3, 10), fraction(1)]]))
    #expect(
      attentionMatrix(problem)
        == matrix([[fraction(3, 2), fraction(0)], [fraction(24, 25), fraction(9, 5)]]))
  }

  @Test
  func decodingHandsTheStateOn() throws {
    let problem = try problem()
    var state = problem.initialState
    let outputs = (0..<2).map { t in
      decodeStep(
        q: problem.q[row: t], k: problem.k[row: t], v: problem.v[row: t],
        beta: problem.beta[row: t], scale: problem.scale, state: &state)
    }
    #expect(outputs[0].stacked(on: outputs[1]) == solution.o)
    #expect(state == solution.finalState)
  }
}
