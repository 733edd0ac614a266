import Algebra
import CAllocationCount
import DeltaRule
import DeltaRuleCPU
import Testing

/// Numbers in memory with a margin on both sides, laid out head after head or token after token, each row with a gap
/// behind it.
private final class Memory<Number: KernelNumber> {
  private static var margin: Int { 33 }

  private let block: UnsafeMutableBufferPointer<Number>
  private let shape: [Int]
  private let gap: Int
  private let headsFirst: Bool
  let filler: Number

  init(_ shape: [Int], headsFirst: Bool, gap: Int, filler: Number) {
    self.shape = shape
    self.gap = gap
    self.headsFirst = headsFirst
    self.filler = filler
    let rows = shape.prefix(3).reduce(1, *)
    let width = shape.count == 4 ? shape[3] : 1
    block = .allocate(capacity: rows * (width + gap) + 2 * Self.margin)
    block.initialize(repeating: filler)
  }

  deinit { block.deallocate() }

  private var width: Int { shape.count == 4 ? shape[3] : 1 }

  var tensor: TensorPointer<Number> {
    let row = width + gap
    // One number off any alignment.
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

/// A batch of Float in memory that is neither aligned nor without gaps.
private struct MemoryBatch {
  let shape: BatchShape
  let problem: BatchedProblem<Float>
  let cotangent: BatchedSolution<Float>
  let inputs: [Memory<Float>]
  let outputs: [Memory<Float>]
  let gradients: [Memory<Float>]

  init(_ shape: BatchShape, headsFirst: Bool, gap: Int) throws {
    func memory(_ shape: [Int], _ tensor: Tensor<Float>?) -> Memory<Float> {
      let memory = Memory<Float>(shape, headsFirst: headsFirst, gap: gap, filler: -77)
      if let tensor { memory.fill(tensor) }
      return memory
    }
    // States have no gaps.
    func state(_ tensor: Tensor<Float>?) -> Memory<Float> {
      let memory = Memory<Float>(shape.states, headsFirst: false, gap: 0, filler: -77)
      if let tensor { memory.fill(tensor) }
      return memory
    }
    self.shape = shape
    problem = try shape.problem()
    cotangent = shape.cotangent()
    inputs = [
      memory(shape.keys, problem.q), memory(shape.keys, problem.k),
      memory(shape.values, problem.v), memory(shape.strengths, problem.beta),
      state(problem.initialState), memory(shape.values, cotangent.o), state(cotangent.finalState),
    ]
    outputs = [memory(shape.values, nil), state(nil), memory(shape.values, nil)]
    gradients = [
      memory(shape.keys, nil), memory(shape.keys, nil), memory(shape.values, nil),
      memory(shape.strengths, nil), state(nil),
    ]
  }

  var read: Inputs<Float> {
    Inputs(
      q: inputs[0].tensor, k: inputs[1].tensor, v: inputs[2].tensor, beta: inputs[3].tensor,
      scale: problem.scale, initialState: UnsafePointer(inputs[4].tensor.start))
  }

  var written: Outputs<Float> {
    Outputs(
      o: outputs[0].tensor, finalState: outputs[1].tensor.start, residuals: outputs[2].tensor)
  }

  var backwards: Gradients<Float> {
    Gradients(
      dO: inputs[5].tensor, dFinalState: UnsafePointer(inputs[6].tensor.start),
      dq: gradients[0].tensor, dk: gradients[1].tensor, dv: gradients[2].tensor,
      dbeta: gradients[3].tensor, dInitialState: gradients[4].tensor.start)
  }

  var isUntouchedAround: Bool { (inputs + outputs + gradients).allSatisfy(\.isUntouchedAround) }
}

@Suite("Plans")
struct PlanTests {
  private static let forms: [Form] = [.fusedRecurrence, .decoding, .chunkwise(16), .fullyParallel]

  /// Neither gaps, nor heads before tokens, nor addresses off any alignment change a bit; nothing else is written to.
  @Test(arguments: SolveTests.shapes)
  func memoryMayLieAnyWay(shape: BatchShape) throws {
    for (headsFirst, gap) in [(false, 0), (true, 0), (false, 3), (true, 5)] {
      for form in Self.forms {
        let batch = try MemoryBatch(shape, headsFirst: headsFirst, gap: gap)
        let plan = Plan<Float>(shape, using: form, threads: 2)
        plan.solve(batch.read, into: batch.written)
        plan.gradient(batch.read, residuals: batch.written.residuals, into: batch.backwards)
        let expected = solve(batch.problem, using: form, threads: 1)
        let gradient = try gradient(batch.problem, batch.cotangent, using: form, threads: 1)
        #expect(batch.outputs[0].elements == expected.o.elements, "\(form.name)")
        #expect(batch.outputs[1].elements == expected.finalState.elements, "\(form.name)")
        for (memory, tensor) in zip(
          batch.gradients, [gradient.dq, gradient.dk, gradient.dv, gradient.dbeta, gradient.dh0])
        {
          #expect(memory.elements == tensor.elements, "\(form.name)")
        }
        #expect(batch.isUntouchedAround, "\(form.name)")
      }
    }
  }

  /// A plan that has computed nonsense computes the next batch as if it were new.
  @Test(arguments: SolveTests.shapes)
  func workspaceMayHoldAnything(shape: BatchShape) throws {
    for form in Self.forms {
      let plan = Plan<Float>(shape, using: form, threads: 1)
      let nonsense = try MemoryBatch(shape, headsFirst: false, gap: 0)
      for (memory, shape) in zip(
        nonsense.inputs,
        [shape.keys, shape.keys, shape.values, shape.strengths, shape.states, shape.values])
      {
        memory.fill(Tensor(repeating: .nan, shape: shape))
      }
      plan.solve(nonsense.read, into: nonsense.written)
      plan.gradient(
        nonsense.read, residuals: nonsense.written.residuals, into: nonsense.backwards)

      let batch = try MemoryBatch(shape, headsFirst: false, gap: 0)
      plan.solve(batch.read, into: batch.written)
      plan.gradient(batch.read, residuals: batch.written.residuals, into: batch.backwards)
      let expected = solve(batch.problem, using: form, threads: 1)
      let gradient = try gradient(batch.problem, batch.cotangent, using: form, threads: 1)
      #expect(batch.outputs[0].elements == expected.o.elements, "\(form.name)")
      #expect(batch.gradients[1].elements == gradient.dk.elements, "\(form.name)")
    }
  }

  /// Decoding goes on with a state that stays where it is, token after token.
  @Test(arguments: forms)
  func finalStateMayBeTheInitialOne(form: Form) throws {
    let shape = try BatchShape(
      batch: 3, length: 1, keyHeads: 2, heads: 4, keyDimension: 24, valueDimension: 40)
    let batch = try MemoryBatch(shape, headsFirst: false, gap: 0)
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
    let batch = try MemoryBatch(shape, headsFirst: false, gap: 0)
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
    let batch = try MemoryBatch(shape, headsFirst: false, gap: 0)
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
