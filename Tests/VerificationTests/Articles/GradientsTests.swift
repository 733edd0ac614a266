import Algebra
import DeltaRule
import Testing

/// What the article of this name says, as it says it.
@Test("Gradients")
func gradients() throws {
  func fractions(_ rows: Int, _ columns: Int, _ start: Int) -> Matrix<Rational> {
    Matrix(rows, columns) { i, j in
      Rational((7 * i + 3 * j + start) % 5 - 2) / Rational(i + j + 2)
    }
  }

  let problem = try Problem(
    q: fractions(4, 2, 1), k: fractions(4, 2, 2), v: fractions(4, 3, 3), beta: fractions(4, 1, 4),
    scale: Rational(1) / Rational(2), initialState: fractions(2, 3, 5))
  let cotangent = Cotangent(o: fractions(4, 3, 6), finalState: fractions(2, 3, 7))

  let gradient = recurrenceBackward(problem, cotangent)  // dq dk dv dbeta dh0
  let doAllAgree = Formulation<Rational>.unspecialized.allSatisfy { form in
    form.gradient(of: problem, cotangent, chunkLength: 2) == gradient
  }  // true
  #expect(doAllAgree)

  typealias Path = Dual<Rational>

  func path(_ inputs: Problem<Rational>, along u: Gradient<Rational>) throws -> Problem<Path> {
    func moving(_ x: Matrix<Rational>, _ direction: Matrix<Rational>) -> Matrix<Path> {
      Matrix(x.rows, x.columns) { i, j in Dual(x[i, j], tangent: direction[i, j]) }
    }
    return try Problem(
      q: moving(inputs.q, u.dq), k: moving(inputs.k, u.dk), v: moving(inputs.v, u.dv),
      beta: moving(inputs.beta, u.dbeta), scale: Dual(inputs.scale),
      initialState: moving(inputs.initialState, u.dh0))
  }

  func paired(_ a: Matrix<Rational>, _ b: Matrix<Rational>) -> Rational {
    zip(a.entries, b.entries).map { $0 * $1 }.reduce(.zero, +)
  }
  func paired(_ a: Gradient<Rational>, _ b: Gradient<Rational>) -> Rational {
    paired(a.dq, b.dq) + paired(a.dk, b.dk) + paired(a.dv, b.dv) + paired(a.dbeta, b.dbeta)
      + paired(a.dh0, b.dh0)
  }

  let direction = Gradient(
    dq: fractions(4, 2, 8), dk: fractions(4, 2, 9), dv: fractions(4, 3, 10),
    dbeta: fractions(4, 1, 11), dh0: fractions(2, 3, 12))
  let moved = recurrence(try path(problem, along: direction))
  let slope =
    paired(cotangent.o, moved.o.map(\.tangent))
    + paired(cotangent.finalState, moved.finalState.map(\.tangent))
  let isAdjoint = slope == paired(gradient, direction)  // true
  #expect(isAdjoint)
  #expect(slope != .zero)

  func hessian(times u: Gradient<Rational>) throws -> Gradient<Rational> {
    recurrenceBackward(
      try path(problem, along: u),
      Cotangent(
        o: cotangent.o.map { Path($0) }, finalState: cotangent.finalState.map { Path($0) })
    ).map(\.tangent)
  }

  let isSymmetric =
    try paired(hessian(times: direction), gradient)
    == paired(hessian(times: gradient), direction)  // true
  #expect(isSymmetric)

  func ramp(_ shape: [Int]) -> Tensor<Double> {
    Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { Double($0 % 7) / 7 - 0.4 })
  }

  let batch = try BatchedProblem(
    q: ramp([2, 5, 1, 4]), k: ramp([2, 5, 1, 4]), v: ramp([2, 5, 3, 2]), beta: ramp([2, 5, 3]),
    scale: 0.5)  // B = 2, L = 5, one key head for three value heads
  let (value, pullback) = batch.valueWithPullback(by: .named("chunkwise")!, chunkLength: 4)
  let gradients = try pullback(
    BatchedSolution(o: value.o, finalState: Tensor(repeating: 0, shape: [2, 3, 4, 2])))
  let shapeOfDK = gradients.dk.shape  // [2, 5, 1, 4]
  #expect(shapeOfDK == [2, 5, 1, 4])
}
