import Algebra
import BigInt
import DeltaRule
import Testing

/// What the article of this name says, as it says it.
@Test("Read the formulations")
func readTheFormulations() throws {
  func fractions(_ rows: Int, _ columns: Int, _ start: Int) -> Matrix<Rational> {
    Matrix(rows, columns) { i, j in
      Rational((7 * i + 3 * j + start) % 5 - 2) / Rational(i + j + 2)
    }
  }

  let problem = try Problem(
    q: fractions(5, 2, 1), k: fractions(5, 2, 2), v: fractions(5, 3, 3), beta: fractions(5, 1, 4),
    scale: Rational(1) / Rational(2), initialState: fractions(2, 3, 5))
  #expect(problem.length == 5)

  func whole(_ numbers: [Int], columns: Int) -> Matrix<Rational> {
    Matrix(
      rows: numbers.count / columns, columns: columns, entries: numbers.map { Rational($0) })
  }

  let keys = whole([1, 0, 0, 1, 1, 0], columns: 2)
  let memory = recurrence(
    try Problem(
      q: keys, k: keys, v: whole([2, 5, 3], columns: 1), beta: whole([1, 1, 1], columns: 1),
      scale: .one, initialState: .zero(2, 1)))
  let heldInTheEnd = memory.finalState  // [[3], [5]]: the third token wrote over the first
  #expect(heldInTheEnd == whole([3, 5], columns: 1))
  #expect(memory.o == whole([2, 5, 3], columns: 1))

  let isUnrolled = householderProduct(problem) == recurrence(problem)  // true
  #expect(isUnrolled)

  let tokens = (0..<3).map { t in
    Transition(k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t])
  }
  let oneByOne = tokens[2].after(tokens[1]).after(tokens[0])
  let lastTwoFirst = tokens[2].after(tokens[1].after(tokens[0]))
  let isAssociative = oneByOne == lastTwoFirst  // true
  let isScanned = associativeScan(problem) == recurrence(problem)  // true
  #expect(isAssociative)
  #expect(isScanned)

  let wy = WYRepresentation(k: problem.k, v: problem.v, beta: problem.beta)
  let product = (0..<5).reduce(Matrix<Rational>.identity(2)) { earlier, t in
    householder(k: problem.k[row: t], beta: problem.beta[row: t]) * earlier
  }
  let isSum = .identity(2) - problem.k.transposed * wy.w == product  // true
  #expect(isSum)

  let T = utTransform(k: problem.k, beta: problem.beta)
  let isTransform = T * problem.k == wy.w && T * problem.v == wy.u  // true
  #expect(isTransform)

  let isChunked = (1...6).allSatisfy { C in
    chunkwise(problem, chunkLength: C) == recurrence(problem)
  }  // true
  #expect(isChunked)

  let surprise = problem.v - problem.k * problem.initialState
  let byAttention =
    attentionMatrix(problem) * surprise
    + problem.scale * (problem.q * problem.initialState)
  let isAttention = byAttention == recurrence(problem).o  // true
  #expect(isAttention)

  let areEqual = Formulation<Rational>.unspecialized.allSatisfy { form in
    form.solve(problem, chunkLength: 2) == recurrence(problem)
  }  // true, for all twelve
  #expect(areEqual)

  func variables(_ name: String, _ rows: Int, _ columns: Int) -> Matrix<Polynomial<BigInt>> {
    Matrix(rows, columns) { i, j in Polynomial(variable: "\(name)\(i + 1)\(j + 1)") }
  }

  let symbols = try Problem(
    q: variables("q", 3, 1), k: variables("k", 3, 1), v: variables("v", 3, 1),
    beta: variables("β", 3, 1), scale: Polynomial(variable: "s"),
    initialState: variables("S", 1, 1))
  let samePolynomials = fullyParallel(symbols) == recurrence(symbols)  // true
  #expect(samePolynomials)
}
