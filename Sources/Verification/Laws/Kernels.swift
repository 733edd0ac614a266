import Algebra
import DeltaRule
import DeltaRuleCPU
import PropertyTesting

extension Law {
  static let kernelsOnIntegers = kernelsOnIntegers(
    integers(BatchKernel<Float>.onProcessor), integers(BatchKernel<Double>.onProcessor),
    .withoutOpenBLAS)

  static func kernelsOnIntegers(_ checks: Checks...) -> Law {
    Law(
      "KN", "kernels on integers",
      "On integers that floating point holds, a kernel gives the recurrence and its gradient exactly: any batch, "
        + "any number of threads, subnormal numbers too.",
      formula: "kernel(x) = f(x),  ∇kernel(x) = ∇f(x)",
      theorem: "Proofs/ChunkwiseSolve.md#chunkwise-solve", checks)
  }

  static func integers<Number>(_ kernels: [BatchKernel<Number>]) -> Checks {
    every(kernels, "KN", cases: caseCount, requiring: IntegerBatch.regimes) {
      try IntegerBatch(from: &$0)
    } check: { kernel, drawn, seen in
      drawn.label(&seen)
      let (exact, unit) = (drawn.problem, drawn.unit(Number.self))
      let (found, pullback) = try kernel.valueWithPullback(
        drawn.problem(in: Number.self),
        .init(chunkLength: drawn.chunkLength, threads: drawn.threads))
      let wanted = exact.solve { recurrence($0) }
      try require("o", found.o, equals: wanted.o, times: unit)
      try require("final_state", found.finalState, equals: wanted.finalState, times: unit)

      let gradient = try pullback(drawn.cotangent.map { Number($0) })
      let exactly = try exact.gradient(drawn.cotangent) { recurrenceBackward($0, $1) }
      try require("dq", gradient.dq, equals: exactly.dq, times: unit)
      try require("dk", gradient.dk, equals: exactly.dk, times: unit)
      try require("dv", gradient.dv, equals: exactly.dv, times: 1)
      try require("dbeta", gradient.dbeta, equals: exactly.dbeta, times: unit)
      try require("dh0", gradient.dh0, equals: exactly.dh0, times: 1)
    }
  }

  private static func require<Number: KernelNumber>(
    _ name: String, _ found: Tensor<Number>, equals wanted: Tensor<Double>, times unit: Number
  ) throws(Falsified) {
    for (i, (x, y)) in zip(found.elements, wanted.elements).enumerated()
    where x != Number(y) * unit {
      throw Falsified("\(name) number \(i) is \(x), the recurrence has \(Number(y) * unit)")
    }
  }

  static let kernelsKeepApart = kernelsKeepApart(
    apart(BatchKernel<Float>.onProcessor), .withoutOpenBLAS)

  static func kernelsKeepApart(_ checks: Checks...) -> Law {
    Law(
      "KN.apart", "what is not finite stays where it belongs",
      "A number that is not finite changes no bit of another head, of another value column, or of a token before "
        + "it; and no kernel makes something finite of what is not in the recurrence.",
      formula: "v′_tc ∉ ℝ ⟹ o′_s = o_s, s < t;  o′_d = o_d, d ≠ c",
      theorem: "Proofs/Sequences.md#causality", checks)
  }

  static func apart(_ kernels: [BatchKernel<Float>]) -> Checks {
    every(kernels, "KN.apart", cases: caseCount, requiring: PoisonedBatch.regimes) {
      try PoisonedBatch(from: &$0)
    } check: { kernel, drawn, seen in
      seen.label(drawn.place)
      let wishes = BatchKernel<Float>.Wishes()
      func run(_ problem: BatchedProblem<Float>) throws -> [Float] {
        try kernel.solve(problem, wishes).o.elements
      }
      let (clean, found) = (try run(drawn.clean), try run(drawn.problem))
      let reference = drawn.problem.solve { recurrence($0) }.o.elements
      // A product of matrices multiplies the zeros of its chunk, too.
      let chunk = kernel.tokensTogether(wishes.chunkLength)
      for i in found.indices {
        guard drawn.reaches(i, withinChunks: chunk) || found[i] == clean[i] else {
          throw Falsified("o number \(i) is \(found[i]), without the poison \(clean[i])")
        }
        guard reference[i].isFinite || !found[i].isFinite else {
          throw Falsified("o number \(i) is \(found[i]), the recurrence has \(reference[i])")
        }
      }
    }
  }

  /// So many that a regime of every fifth case is missing once in a billion runs.
  private static let caseCount = 100

  /// A law about each of some kernels.
  private static func every<Number, Value: Sendable>(
    _ kernels: [BatchKernel<Number>], _ law: String, cases: Int, requiring labels: [String],
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (BatchKernel<Number>, Value, inout Observations) throws -> Void
  ) -> Checks {
    let numbers = "\(Number.self)"
    return Checks(
      kernels.map { kernel in
        LawInstance(
          kernel.name, numbers: numbers,
          Property(
            "\(law)/\(kernel.name)" + (numbers == "Float" ? "" : "@\(numbers)"), cases: cases,
            requiring: labels, for: draw
          ) { value, seen in try check(kernel, value, &seen) })
      })
  }
}

/// A batch of two heads, one number of which is not finite.
private struct PoisonedBatch: CustomStringConvertible {
  static let regimes = ["q", "k", "v", "β", "initial state"]

  let clean: BatchedProblem<Float>
  let problem: BatchedProblem<Float>
  let place: String
  private let poison: Float
  private let token: Int
  private let head: Int
  /// The value column that it is in, where it is in one.
  private let column: Int?

  init(from source: inout ChoiceSource) throws {
    let shape = try BatchShape(
      batch: 1, length: source.oneIn(4) ? source.integer(in: 60...70) : source.integer(in: 1...20),
      keyHeads: 2, heads: 2, keyDimension: source.integer(in: 1...5),
      valueDimension: source.integer(in: 1...20))
    func tensor(_ shape: [Int], _ source: inout ChoiceSource) -> Tensor<Float> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in
          Float(source.integer(in: -64...64)) / 64
        })
    }
    clean = try BatchedProblem(
      q: tensor(shape.keys, &source), k: tensor(shape.keys, &source),
      v: tensor(shape.values, &source), beta: tensor(shape.strengths, &source), scale: 1,
      initialState: tensor(shape.states, &source))
    let poison = source.element(of: [Float.nan, .infinity, -.infinity])
    let place = source.element(of: Self.regimes)
    (self.poison, self.place) = (poison, place)
    token = source.integer(in: 0...shape.length - 1)
    head = source.integer(in: 0...1)
    let (i, c) = (
      source.integer(in: 0...shape.keyDimension - 1),
      source.integer(in: 0...shape.valueDimension - 1)
    )
    let isByColumn = place == "v" || place == "initial state"
    column = isByColumn ? c : nil
    func poisoned(_ tensor: Tensor<Float>, _ name: String, _ index: Int) -> Tensor<Float> {
      guard name == place else { return tensor }
      var elements = tensor.elements
      elements[index] = poison
      return Tensor(shape: tensor.shape, elements: elements)
    }
    let (row, dk, dv) = (token * 2 + head, shape.keyDimension, shape.valueDimension)
    problem = try BatchedProblem(
      q: poisoned(clean.q, "q", row * dk + i), k: poisoned(clean.k, "k", row * dk + i),
      v: poisoned(clean.v, "v", row * dv + c), beta: poisoned(clean.beta, "β", row), scale: 1,
      initialState: poisoned(clean.initialState, "initial state", (head * dk + i) * dv + c))
  }

  /// Whether the poison may reach output number `index`, where it spreads over the chunks of so many tokens.
  func reaches(_ index: Int, withinChunks chunk: Int) -> Bool {
    let dv = problem.v.shape[3]
    let (row, c) = index.quotientAndRemainder(dividingBy: dv)
    let (t, h) = row.quotientAndRemainder(dividingBy: 2)
    let first = token / chunk * chunk
    return h == head && (column ?? c) == c
      && (place == "q" && chunk == 1 ? t == token : place == "initial state" || t >= first)
  }

  var description: String { "\(poison) in \(place) of token \(token), head \(head): \(problem)" }
}
