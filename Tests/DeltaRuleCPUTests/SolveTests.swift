import Algebra
import DeltaRule
import DeltaRuleCPU
import Testing

/// Numbers that look random, the same every time.
private struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }

  mutating func tensor<Number: KernelNumber>(_ shape: Int..., scale: Double = 1) -> Tensor<Number> {
    Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in Number(next() * scale) })
  }
}

/// A shape, and how it is packed.
private struct Shape: CustomTestStringConvertible, Sendable {
  var batch = 1
  var length = 70
  var keyHeads = 1
  var heads = 1
  var dk = 16
  var dv = 16
  var boundaries: [Int]?
  var vectorBeta = false

  var testDescription: String {
    "B \(batch) L \(length) Hk \(keyHeads) H \(heads) dk \(dk) dv \(dv)"
      + (boundaries.map { " packed \($0)" } ?? "") + (vectorBeta ? " vector β" : "")
  }

  func problem<Number: KernelNumber>() throws -> BatchedProblem<Number> {
    var numbers = Numbers(seed: 7)
    let width = 1 / Double(dk).squareRoot()
    let beta: Tensor<Number> =
      vectorBeta
      ? numbers.tensor(batch, length, heads, dv) : numbers.tensor(batch, length, heads)
    let sequences = boundaries.map { $0.count - 1 } ?? batch
    return try BatchedProblem(
      q: numbers.tensor(batch, length, keyHeads, dk),
      k: numbers.tensor(batch, length, keyHeads, dk, scale: width),
      v: numbers.tensor(batch, length, heads, dv), beta: beta.map { abs($0) }, scale: 0.3,
      initialState: numbers.tensor(sequences, heads, dk, dv), boundaries: boundaries)
  }

  static let all = [
    Shape(), Shape(length: 0), Shape(length: 1), Shape(length: 2), Shape(length: 63),
    Shape(length: 64), Shape(length: 65), Shape(length: 129), Shape(dk: 1, dv: 1),
    Shape(dk: 3, dv: 5), Shape(dk: 17, dv: 33), Shape(length: 9, dk: 64, dv: 7),
    Shape(length: 30, dk: 128, dv: 80), Shape(batch: 2, length: 20, keyHeads: 2, heads: 6),
    Shape(batch: 3, length: 5, heads: 2, dk: 8, dv: 100, vectorBeta: true),
    Shape(length: 100, heads: 2, boundaries: [0, 0, 1, 66, 66, 100]),
    Shape(batch: 0, length: 10), Shape(length: 0, heads: 2, boundaries: [0, 0, 0]),
  ]
}

@Suite("Kernels for the processor")
struct SolveTests {
  /// The largest error is within rounding of the recurrence in double-double arithmetic.
  private func check<Number: KernelNumber>(_ type: Number.Type, _ shape: Shape) throws {
    let problem: BatchedProblem<Number> = try shape.problem()
    let exact = problem.map { DoubleDouble($0.double) }.solve { recurrence($0) }
    for set in InstructionSet.available {
      for form in Form.allCases {
        let found = solve(problem, using: form, threads: 1, instructionSet: set)
        for (found, exact) in [(found.o, exact.o), (found.finalState, exact.finalState)] {
          #expect(found.shape == exact.shape)
          let size = exact.elements.map { abs($0.double) }.max() ?? 0
          let error =
            zip(found.elements, exact.elements).map { abs($0.double - $1.double) }.max() ?? 0
          // A token adds a few roundings of sums of dk terms, and these states fade.
          let bound = 8 * Double(shape.dk + 8) * Number.ulpOfOne.double * size
          #expect(error <= bound, "\(set) \(form)")
        }
      }
    }
  }

  @Test(arguments: Shape.all)
  private func isTheRecurrence(shape: Shape) throws {
    try check(Float.self, shape)
    try check(Double.self, shape)
  }

  /// The same bits for any number of threads, although the columns are shared out differently.
  @Test(arguments: Shape.all)
  private func threadsDoNotMatter(shape: Shape) throws {
    let problem: BatchedProblem<Float> = try shape.problem()
    for set in InstructionSet.available {
      for form in Form.allCases {
        let one = solve(problem, using: form, threads: 1, instructionSet: set)
        for threads in [2, 3, 8] {
          #expect(solve(problem, using: form, threads: threads, instructionSet: set) == one)
        }
      }
    }
  }

  /// What is not finite stays with the columns, and the tokens from then on, that the recurrence gives it to.
  @Test(arguments: [Float.nan, .infinity, 3e38])
  func nonFiniteNumbersStayWhereTheyBelong(value: Float) throws {
    let shape = Shape(length: 9, dk: 4, dv: 20)
    let problem: BatchedProblem<Float> = try shape.problem()
    var v = problem.v.elements
    v[5 * 20 + 3] = value
    let poisoned = try BatchedProblem(
      q: problem.q, k: problem.k, v: Tensor(shape: problem.v.shape, elements: v),
      beta: problem.beta, scale: problem.scale, initialState: problem.initialState)
    for form in Form.allCases {
      let clean = solve(problem, using: form, threads: 1)
      let found = solve(poisoned, using: form, threads: 1)
      for (i, (x, y)) in zip(found.o.elements, clean.o.elements).enumerated() {
        let (token, column) = i.quotientAndRemainder(dividingBy: 20)
        if token < 5 || column != 3 { #expect(x == y, "\(form) token \(token) column \(column)") }
      }
      let changed = found.o.elements[5 * 20 + 3]
      #expect(!changed.isFinite || abs(changed) > 1e30)
    }
  }

  @Test
  func thePlainFormIsForShortSequences() {
    #expect(Form.chosen(length: 3, sequences: 1).form == .decoding)
    #expect(Form.chosen(length: 64, sequences: 64).form == .decoding)
    #expect(Form.chosen(length: 4, sequences: 1).form == .fusedRecurrence)
    #expect(InstructionSet.available.first == .baseline)
    #expect(InstructionSet.available.last == .best)
  }
}
