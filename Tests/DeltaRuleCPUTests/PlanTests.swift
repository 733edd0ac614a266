import Algebra
import CAllocationCount
import DeltaRule
import DeltaRuleCPU
import Glibc
import Testing

/// Numbers in memory, laid out head after head or token after token, each row with a gap behind it: a margin before them,
/// and behind them a page that nobody may touch.
private final class Memory<Number: KernelNumber> {
  private static var margin: Int { 33 }

  private let pages: UnsafeMutableRawPointer
  private let size: Int
  private let block: UnsafeMutableBufferPointer<Number>
  private let shape: [Int]
  private let gap: Int
  private let headsFirst: Bool
  let filler: Number

  init(_ shape: [Int], headsFirst: Bool, gap: Int, filler: Number) throws {
    self.shape = shape
    self.gap = gap
    self.headsFirst = headsFirst
    self.filler = filler
    let rows = shape.prefix(3).reduce(1, *)
    let width = shape.count == 4 ? shape[3] : 1
    let count = rows * (width + gap) + Self.margin
    let (bytes, page) = (count * MemoryLayout<Number>.stride, 4096)
    size = (bytes + page - 1) / page * page + page
    let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    pages = try #require(map)
    try #require(pages != MAP_FAILED)
    mprotect(pages + size - page, page, PROT_NONE)
    let start = (pages + size - page - bytes).bindMemory(to: Number.self, capacity: count)
    block = UnsafeMutableBufferPointer(start: start, count: count)
    block.initialize(repeating: filler)
  }

  deinit { munmap(pages, size) }

  private var width: Int { shape.count == 4 ? shape[3] : 1 }

  var tensor: TensorPointer<Number> {
    let row = width + gap
    let start = block.baseAddress.map { $0 + Self.margin }
    return headsFirst
      ? TensorPointer(
        start, batchStride: shape[1] * shape[2] * row, tokenStride: row,
        headStride: shape[1] * row)
      : TensorPointer(
        start, batchStride: shape[1] * shape[2] * row, tokenStride: shape[2] * row,
        headStride: row)
  }

  private func offset(_ b: Int, _ t: Int, _ h: Int) -> Int {
    let tensor = tensor
    return Self.margin + b * tensor.batchStride + t * tensor.tokenStride + h * tensor.headStride
  }

  private func eachRow(_ body: (_ row: Int, _ offset: Int) -> Void) {
    var row = 0
    for b in 0..<shape[0] {
      for t in 0..<shape[1] {
        for h in 0..<shape[2] {
          body(row, offset(b, t, h))
          row += 1
        }
      }
    }
  }

  func fill(_ tensor: Tensor<Number>) {
    let elements = tensor.elements
    eachRow { row, offset in
      for i in 0..<width { block[offset + i] = elements[row * width + i] }
    }
  }

  /// The numbers of the tensor.
  var elements: [Number] {
    var all: [Number] = []
    eachRow { _, offset in all += block[offset..<offset + width] }
    return all
  }

  /// Whether what is not of the tensor still holds the filler.
  var isUntouchedAround: Bool {
    var inside = Array(repeating: false, count: block.count)
    eachRow { _, offset in for i in 0..<width { inside[offset + i] = true } }
    return zip(block, inside).allSatisfy { $1 || $0 == filler }
  }
}

/// A batch in memory that is neither aligned nor without gaps.
private struct MemoryBatch<Number: KernelNumber> {
  let shape: BatchShape
  let problem: BatchedProblem<Number>
  let cotangent: BatchedSolution<Number>
  let inputs: [Memory<Number>]
  let outputs: [Memory<Number>]
  let gradients: [Memory<Number>]

  init(_ shape: BatchShape, headsFirst: Bool, gap: Int) throws {
    func memory(_ shape: [Int], _ tensor: Tensor<Number>?) throws -> Memory<Number> {
      let memory = try Memory<Number>(shape, headsFirst: headsFirst, gap: gap, filler: -77)
      if let tensor { memory.fill(tensor) }
      return memory
    }
    // States have no gaps.
    func state(_ tensor: Tensor<Number>?) throws -> Memory<Number> {
      let memory = try Memory<Number>(shape.states, headsFirst: false, gap: 0, filler: -77)
      if let tensor { memory.fill(tensor) }
      return memory
    }
    self.shape = shape
    problem = try shape.problem()
    cotangent = shape.cotangent()
    inputs = try [
      memory(shape.keys, problem.q), memory(shape.keys, problem.k),
      memory(shape.values, problem.v), memory(shape.strengths, problem.beta),
      state(problem.initialState), memory(shape.values, cotangent.o), state(cotangent.finalState),
    ]
    outputs = try [memory(shape.values, nil), state(nil), memory(shape.values, nil)]
    gradients = try [
      memory(shape.keys, nil), memory(shape.keys, nil), memory(shape.values, nil),
      memory(shape.strengths, nil), state(nil),
    ]
  }

  var read: Inputs<Number> {
    Inputs(
      q: inputs[0].tensor, k: inputs[1].tensor, v: inputs[2].tensor, beta: inputs[3].tensor,
      scale: problem.scale, initialState: UnsafePointer(inputs[4].tensor.start))
  }

  var written: Outputs<Number> {
    Outputs(
      o: outputs[0].tensor, finalState: outputs[1].tensor.start, residuals: outputs[2].tensor)
  }

  var backwards: Gradients<Number> {
    Gradients(
      dO: inputs[5].tensor, dFinalState: UnsafePointer(inputs[6].tensor.start),
      dq: gradients[0].tensor, dk: gradients[1].tensor, dv: gradients[2].tensor,
      dbeta: gradients[3].tensor, dInitialState: gradients[4].tensor.start)
  }

  /// Fills what is read with numbers that are none.
  func poison() {
    for (memory, shape) in zip(
      inputs,
      [
        shape.keys, shape.keys, shape.values, shape.strengths, shape.states, shape.values,
        shape.states,
      ])
    {
      memory.fill(Tensor(repeating: .nan, shape: shape))
    }
  }

  /// Whether what has been written is what arrays give.
  func isRight(_ form: Form, normalizing: Bool, _ set: InstructionSet) throws -> Bool {
    let (solution, pullback) = valueWithPullback(
      problem, using: form, normalizingQueriesAndKeys: normalizing, threads: 1, instructionSet: set)
    let gradient = try pullback(cotangent)
    return outputs[0].elements == solution.o.elements
      && outputs[1].elements == solution.finalState.elements
      && zip(
        gradients, [gradient.dq, gradient.dk, gradient.dv, gradient.dbeta, gradient.dh0]
      ).allSatisfy { $0.elements == $1.elements }
  }

  var isUntouchedAround: Bool { (inputs + outputs + gradients).allSatisfy(\.isUntouchedAround) }
}

@Suite("Plans")
struct PlanTests {
  private static let forms: [Form] = [.fusedRecurrence, .decoding, .chunkwise(16), .fullyParallel]

  /// Neither gaps, nor heads before tokens, nor addresses off any alignment change a bit; nothing else is touched.
  private func checkLayouts<Number: KernelNumber>(
    _: Number.Type, _ shape: BatchShape, _ set: InstructionSet, _ form: Form
  ) throws {
    for (headsFirst, gap, normalizing) in [
      (false, 0, true), (true, 0, false), (false, 3, false), (true, 5, true),
    ] {
      let batch = try MemoryBatch<Number>(shape, headsFirst: headsFirst, gap: gap)
      let plan = Plan<Number>(
        shape, using: form, normalizingQueriesAndKeys: normalizing, threads: 2, instructionSet: set)
      plan.solve(batch.read, into: batch.written)
      plan.gradient(batch.read, residuals: batch.written.residuals, into: batch.backwards)
      let isRight = try batch.isRight(form, normalizing: normalizing, set)
      #expect(isRight, "\(form.name) \(set) heads first \(headsFirst) gap \(gap)")
      #expect(batch.isUntouchedAround, "\(form.name) \(set)")
    }
  }

  @Test(arguments: SolveTests.shapes)
  func memoryMayLieAnyWay(shape: BatchShape) throws {
    for set in InstructionSet.available {
      try checkLayouts(Float.self, shape, set, .fusedRecurrence)
      try checkLayouts(Double.self, shape, set, .fusedRecurrence)
      try checkLayouts(Float.self, shape, set, .decoding)
    }
    try checkLayouts(Float.self, shape, .best, .chunkwise(16))
    try checkLayouts(Float.self, shape, .best, .fullyParallel)
  }

  /// A plan that has computed nonsense computes the next batch as if it were new.
  @Test(arguments: SolveTests.shapes)
  func workspaceMayHoldAnything(shape: BatchShape) throws {
    for form in Self.forms {
      let plan = Plan<Float>(shape, using: form, threads: 1)
      let nonsense = try MemoryBatch<Float>(shape, headsFirst: false, gap: 0)
      nonsense.poison()
      plan.solve(nonsense.read, into: nonsense.written)
      plan.gradient(
        nonsense.read, residuals: nonsense.written.residuals, into: nonsense.backwards)

      let batch = try MemoryBatch<Float>(shape, headsFirst: false, gap: 0)
      plan.solve(batch.read, into: batch.written)
      plan.gradient(batch.read, residuals: batch.written.residuals, into: batch.backwards)
      let isRight = try batch.isRight(form, normalizing: false, .best)
      #expect(isRight, "\(form.name)")
    }
  }

  /// Decoding goes on with a state that stays where it is, token after token.
  @Test(arguments: forms)
  func finalStateMayBeTheInitialOne(form: Form) throws {
    let shape = try BatchShape(
      batch: 3, length: 1, keyHeads: 2, heads: 4, keyDimension: 24, valueDimension: 40)
    let batch = try MemoryBatch<Float>(shape, headsFirst: false, gap: 0)
    let plan = Plan<Float>(shape, using: form, threads: 2)
    var outputs = batch.written
    outputs.finalState = batch.inputs[4].tensor.start
    var problem = batch.problem
    for _ in 0..<3 {
      plan.solve(batch.read, into: outputs)
      let expected = solve(problem, using: form, threads: 1)
      #expect(batch.outputs[0].elements == expected.o.elements)
      #expect(batch.inputs[4].elements == expected.finalState.elements)
      problem = try BatchedProblem(
        q: problem.q, k: problem.k, v: problem.v, beta: problem.beta, scale: problem.scale,
        initialState: expected.finalState)
    }
  }

  /// Outputs, residuals and states that nobody wants, or that are zero, need not be there.
  @Test(arguments: forms)
  func optionalTensorsMayBeMissing(form: Form) throws {
    let shape = try BatchShape(
      batch: 1, length: 37, keyHeads: 1, heads: 2, keyDimension: 16, valueDimension: 20)
    let batch = try MemoryBatch<Float>(shape, headsFirst: false, gap: 0)
    let plan = Plan<Float>(shape, using: form, threads: 1)
    var (inputs, outputs, gradients) = (batch.read, batch.written, batch.backwards)
    (inputs.initialState, gradients.dFinalState) = (nil, nil)
    outputs.o = .none
    plan.solve(inputs, into: outputs)
    plan.gradient(inputs, residuals: outputs.residuals, into: gradients)
    let problem = try BatchedProblem(
      q: batch.problem.q, k: batch.problem.k, v: batch.problem.v, beta: batch.problem.beta,
      scale: batch.problem.scale)
    let zero = Tensor<Float>(repeating: 0, shape: shape.states)
    let expected = try gradient(
      problem, BatchedSolution(o: batch.cotangent.o, finalState: zero), using: form, threads: 1)
    #expect(
      batch.outputs[1].elements == solve(problem, using: form, threads: 1).finalState.elements)
    #expect(batch.gradients[1].elements == expected.dk.elements)
    #expect(batch.gradients[4].elements == expected.dh0.elements)
    #expect(batch.outputs[0].elements.allSatisfy { $0 == -77 })
  }

  /// After the first call nothing is allocated; OpenBLAS does as it sees fit.
  @Test(arguments: [Form.fusedRecurrence, .decoding], [false, true])
  func callsAllocateNothing(form: Form, normalizing: Bool) throws {
    let shape = try BatchShape(
      batch: 1, length: 130, keyHeads: 1, heads: 2, keyDimension: 48, valueDimension: 130)
    let batch = try MemoryBatch<Float>(shape, headsFirst: false, gap: 0)
    let plan = Plan<Float>(
      shape, using: form, normalizingQueriesAndKeys: normalizing, threads: 1)
    let (inputs, outputs, gradients) = (batch.read, batch.written, batch.backwards)
    func call() {
      plan.solve(inputs, into: outputs)
      plan.gradient(inputs, residuals: outputs.residuals, into: gradients)
    }
    call()
    let before = allocation_count()
    call()
    let after = allocation_count()
    #expect(before != 0, "allocations are counted")
    #expect(after == before)
  }
}
