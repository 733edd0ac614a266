import Algebra
import DeltaRule
import Testing

private func zeros(_ rows: Int, _ columns: Int) -> Matrix<Double> { .zero(rows, columns) }

private func zeros(_ shape: Int...) -> Tensor<Double> { Tensor(repeating: 0, shape: shape) }

@Suite("Problems that do not fit together")
struct ProblemTests {
  @Test(
    arguments: [
      ("k", [4, 3], [4, 2], [4, 1], [2, 2]), ("v", [4, 2], [3, 2], [4, 1], [2, 2]),
      ("beta", [4, 2], [4, 2], [3, 1], [2, 2]), ("beta", [4, 2], [4, 3], [4, 2], [2, 3]),
      ("initial_state", [4, 2], [4, 2], [4, 1], [2, 1]),
    ])
  func singleHead(name: String, k: [Int], v: [Int], beta: [Int], state: [Int]) throws {
    let error = #expect(throws: ShapeError.self) {
      try Problem(
        q: zeros(4, 2), k: zeros(k[0], k[1]), v: zeros(v[0], v[1]), beta: zeros(beta[0], beta[1]),
        scale: 1, initialState: zeros(state[0], state[1]))
    }
    #expect(error?.tensor == name)
  }

  @Test
  func batched() throws {
    let q = zeros(2, 5, 2, 3)
    let v = zeros(2, 5, 4, 6)
    let beta = zeros(2, 5, 4)
    #expect(throws: Never.self) { try BatchedProblem(q: q, k: q, v: v, beta: beta, scale: 1) }
    #expect(throws: Never.self) {
      try BatchedProblem(q: q, k: q, v: v, beta: zeros(2, 5, 4, 6), scale: 1)
    }
    func error(_ body: () throws -> BatchedProblem<Double>) -> String {
      do { return "\(try body())" } catch { return "\(error)" }
    }
    #expect(
      error { try BatchedProblem(q: q, k: q, v: zeros(2, 5, 3, 6), beta: beta, scale: 1) }.contains(
        "H a multiple of the 2 heads of q"))
    #expect(
      error { try BatchedProblem(q: q, k: q, v: v, beta: zeros(2, 5, 4, 5), scale: 1) }
        == "beta has the shape [2, 5, 4, 5]; it must be [2, 5, 4, 6]")
    #expect(
      error { try BatchedProblem(q: q, k: q, v: v, beta: beta, scale: 1, boundaries: [0, 5]) }
        == "cu_seqlens packs sequences into a batch of 1, but this batch holds 2")
  }

  @Test(arguments: [[], [0], [0, 4], [1, 5], [0, 3, 2, 5], [0, 6], [0, -1, 5]])
  func boundaries(boundaries: [Int]) {
    #expect(throws: BoundariesError.self) {
      try BatchedProblem(
        q: zeros(1, 5, 1, 1), k: zeros(1, 5, 1, 1), v: zeros(1, 5, 1, 1), beta: zeros(1, 5, 1),
        scale: 1, boundaries: boundaries)
    }
  }

  @Test
  func noTokensAndNoSequences() throws {
    let empty = try BatchedProblem(
      q: zeros(1, 0, 1, 2), k: zeros(1, 0, 1, 2), v: zeros(1, 0, 1, 3), beta: zeros(1, 0, 1),
      scale: 1, initialState: Tensor(repeating: 7, shape: [1, 1, 2, 3]))
    let solution = empty.solve { recurrence($0) }
    #expect(solution.o.elements.isEmpty)
    #expect(solution.finalState.elements == Array(repeating: 7, count: 6))

    let none = try BatchedProblem(
      q: zeros(1, 0, 1, 2), k: zeros(1, 0, 1, 2), v: zeros(1, 0, 1, 3), beta: zeros(1, 0, 1),
      scale: 1, boundaries: [0])
    #expect(none.solve { recurrence($0) }.finalState.shape == [0, 1, 2, 3])
  }
}

@Suite("Normalisation")
struct NormalizationTests {
  /// The ε stands under the root: a row of length 10⁻³ becomes one of length 1/√2.
  @Test
  func epsilon() {
    let x = Matrix(rows: 3, columns: 2, entries: [3, 4, 0.6e-3, 0.8e-3, 0, 0] as [Double])
    let rows = x.rowsDivided(by: x.rowLengths())
    #expect(abs(rows[0, 0] - 0.6) < 1e-7)
    #expect(abs(rows[1, 1] - 0.8 * 0.5.squareRoot()) < 1e-9)
    #expect(rows[2, 0] == 0)
    let tiny = Matrix(rows: 1, columns: 1, entries: [1e-3])
    #expect(abs(tiny.rowsDivided(by: tiny.rowLengths())[0, 0] - 0.5.squareRoot()) < 1e-15)
  }

  @Test
  func queriesAndKeysAlone() throws {
    func tensor(_ entries: [Double], _ shape: [Int]) -> Tensor<Double> {
      Tensor(shape: shape, elements: entries)
    }
    let problem = try BatchedProblem(
      q: tensor([3, 4], [1, 1, 1, 2]), k: tensor([0, 5], [1, 1, 1, 2]),
      v: tensor([7], [1, 1, 1, 1]), beta: tensor([0.5], [1, 1, 1]), scale: 1,
      initialState: tensor([2, 2], [1, 1, 2, 1])
    ).normalizingQueriesAndKeys()
    #expect(abs(problem.q.elements[0] - 0.6) < 1e-6)
    #expect(abs(problem.k.elements[1] - 1) < 1e-6)
    #expect(problem.v.elements == [7])
    #expect(problem.initialState.elements == [2, 2])
  }
}
