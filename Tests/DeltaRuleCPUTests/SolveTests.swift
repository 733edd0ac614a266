import Algebra
import DeltaRule
import DeltaRuleCPU
import Testing

@Suite("Kernels for the processor")
struct SolveTests {
  static let shapes = (try? BatchShape.samples) ?? []

  @Test
  func thereAreShapes() throws { #expect(try BatchShape.samples == Self.shapes) }

  /// Or the forms that compute through it would go untested.
  @Test
  func thereIsOpenBLAS() { #expect(OpenBLAS.isAvailable, "\(MissingOpenBLAS())") }

  private func check<Number: KernelNumber>(
    _ type: Number.Type, _ shape: BatchShape, normalizing: Bool
  ) throws {
    let problem: BatchedProblem<Number> = try shape.problem()
    let wide = problem.map { DoubleDouble($0.double) }
    let exact = (normalizing ? wide.normalizingQueriesAndKeys() : wide).solve { recurrence($0) }
    for set in InstructionSet.available {
      for form in Form.all {
        let found = solve(
          problem, using: form, normalizingQueriesAndKeys: normalizing, threads: 1,
          instructionSet: set)
        #expect(found.o.shape == exact.o.shape)
        #expect(found.finalState.shape == exact.finalState.shape)
        // A token adds a few roundings of sums of dk terms, and these states fade.
        #expect(
          error(
            of: [found.o, found.finalState], from: [exact.o, exact.finalState],
            terms: 8 * (shape.keyDimension + 8)) <= 1, "\(form.name) \(set)")
      }
    }
  }

  @Test(arguments: shapes)
  func isTheRecurrence(shape: BatchShape) throws {
    try check(Float.self, shape, normalizing: false)
    try check(Double.self, shape, normalizing: false)
  }

  @Test(arguments: shapes)
  func normalizes(shape: BatchShape) throws {
    try check(Float.self, shape, normalizing: true)
    try check(Double.self, shape, normalizing: true)
  }

  private func checkGradient<Number: KernelNumber>(
    _ type: Number.Type, _ shape: BatchShape, normalizing: Bool
  ) throws {
    let problem: BatchedProblem<Number> = try shape.problem()
    let cotangent: BatchedSolution<Number> = shape.cotangent()
    let wide = problem.map { DoubleDouble($0.double) }
    let wideCotangent = cotangent.map { DoubleDouble($0.double) }
    let exact =
      normalizing
      ? wide.normalizationBackward(
        try wide.normalizingQueriesAndKeys().gradient(wideCotangent) { recurrenceBackward($0, $1) })
      : try wide.gradient(wideCotangent) { recurrenceBackward($0, $1) }
    for set in InstructionSet.available {
      for form in Form.all {
        let found = try gradient(
          problem, cotangent, using: form, normalizingQueriesAndKeys: normalizing, threads: 1,
          instructionSet: set)
        #expect(
          error(
            of: [found.dq, found.dk, found.dv, found.dbeta, found.dh0],
            from: [exact.dq, exact.dk, exact.dv, exact.dbeta, exact.dh0],
            terms: 8 * (shape.keyDimension + shape.valueDimension + 8)) <= 1,
          "\(form.name) \(set)")
      }
    }
  }

  @Test(arguments: shapes)
  func hasTheGradientOfTheRecurrence(shape: BatchShape) throws {
    try checkGradient(Float.self, shape, normalizing: false)
    try checkGradient(Double.self, shape, normalizing: false)
  }

  /// The length of a key of one feature is all that it has, and its gradient is what rounding leaves.
  @Test(arguments: shapes.filter { $0.keyDimension > 1 })
  func gradientGoesThroughTheNormalization(shape: BatchShape) throws {
    try checkGradient(Float.self, shape, normalizing: true)
    try checkGradient(Double.self, shape, normalizing: true)
  }

  /// The same bits for any number of threads, although the work is shared out differently.
  @Test(arguments: shapes)
  func threadsDoNotMatter(shape: BatchShape) throws {
    let problem: BatchedProblem<Float> = try shape.problem()
    let cotangent: BatchedSolution<Float> = shape.cotangent()
    for form in Form.all {
      let one = solve(problem, using: form, threads: 1)
      let oneGradient = try gradient(problem, cotangent, using: form, threads: 1)
      for threads in [2, 3, 8] {
        #expect(solve(problem, using: form, threads: threads) == one)
        #expect(try gradient(problem, cotangent, using: form, threads: threads) == oneGradient)
      }
    }
  }

  @Test
  func cotangentsOfAnotherShapeAreRefused() throws {
    let shape = try BatchShape(
      batch: 1, length: 3, keyHeads: 1, heads: 1, keyDimension: 2, valueDimension: 2)
    let problem: BatchedProblem<Float> = try shape.problem()
    let wrong = BatchedSolution<Float>(
      o: Tensor(repeating: 0, shape: [1, 3, 1, 3]),
      finalState: Tensor(repeating: 0, shape: shape.states))
    #expect(throws: ShapeError(tensor: "do", shape: [1, 3, 1, 3], expected: shape.values)) {
      try gradient(problem, wrong)
    }
  }

  /// What is not finite stays with the columns, and the tokens from then on, that the recurrence gives it to.
  @Test(arguments: [Float.nan, .infinity, 3e38, .leastNonzeroMagnitude])
  func nonFiniteNumbersStayWhereTheyBelong(value: Float) throws {
    let shape = try BatchShape(
      batch: 1, length: 9, keyHeads: 1, heads: 1, keyDimension: 4, valueDimension: 20)
    let problem: BatchedProblem<Float> = try shape.problem()
    var v = problem.v.elements
    v[5 * 20 + 3] = value
    let poisoned = try BatchedProblem(
      q: problem.q, k: problem.k, v: Tensor(shape: problem.v.shape, elements: v),
      beta: problem.beta, scale: problem.scale, initialState: problem.initialState)
    for form in Form.all {
      let clean = solve(problem, using: form, threads: 1)
      let found = solve(poisoned, using: form, threads: 1)
      for (i, (x, y)) in zip(found.o.elements, clean.o.elements).enumerated() {
        let (token, column) = i.quotientAndRemainder(dividingBy: 20)
        // In products of matrices a whole chunk meets it: here, the sequence.
        let isFused = [.fusedRecurrence, .decoding, .automatic].contains(form)
        if column != 3 || isFused && token < 5 {
          #expect(x == y, "\(form.name) token \(token) column \(column)")
        }
      }
      let changed = found.o.elements[5 * 20 + 3]
      #expect(abs(value) < 1 ? changed.isFinite : !changed.isFinite || abs(changed) > 1e30)
    }
  }

  @Test
  func formsHaveNames() {
    for form in Form.all { #expect(Form(name: form.name) == form) }
    #expect(Form(name: "chunkwise-24") == .chunkwise(24))
    #expect(Form(name: "chunkwise-0") == nil)
    #expect(Form(name: "chunkwise-x") == nil)
    #expect(Form(name: "attention") == nil)
  }

  @Test
  func thePlainFormIsForShortSequences() throws {
    func chosen(length: Int, sequences: Int) throws -> Form {
      Form.chosen(
        for: try BatchShape(
          batch: sequences, length: length, keyHeads: 1, heads: 1, keyDimension: 8,
          valueDimension: 8)
      ).form
    }
    #expect(try chosen(length: 3, sequences: 1) == .decoding)
    #expect(try chosen(length: 1, sequences: 64) == .decoding)
    #expect(try chosen(length: 4, sequences: 1) == .fusedRecurrence)
    #expect(InstructionSet.available.first == .baseline)
    #expect(InstructionSet.available.last == .best)
  }
}
