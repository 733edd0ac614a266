import Algebra
import CDeltaNet
import DeltaRule
import DeltaRuleCPU
import PropertyTesting

/// A batch of small integers in memory, on which no number of Float's or Double's rounds while it is small.
final class CBatch<Number: CNumber> {
  let shape: BatchShape
  let problem: BatchedProblem<Number>
  let cotangent: BatchedSolution<Number>
  private(set) var arguments = Arguments<Number>()

  let o: Memory<Number>
  let finalState: Memory<Number>
  let dq: Memory<Number>
  let dk: Memory<Number>
  let dv: Memory<Number>
  let dbeta: Memory<Number>
  let dh0: Memory<Number>
  private let read: [Memory<Number>]
  private let boundaries: UnsafeMutableBufferPointer<Int64>

  init(
    _ shape: BatchShape, _ layout: Layout = .contiguous, normalizing: Bool = false, divisor: Int = 1
  ) throws {
    var random = Xoshiro256(seed: 7)
    func tensor(_ shape: [Int]) -> Tensor<Number> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in
          Number(Int(random.next(through: 4)) - 2) / Number(divisor)
        })
    }
    self.shape = shape
    problem = try BatchedProblem(
      q: tensor(shape.keys), k: tensor(shape.keys), v: tensor(shape.values),
      beta: tensor(shape.strengths), scale: 2, initialState: tensor(shape.states),
      boundaries: shape.boundaries)
    cotangent = BatchedSolution(o: tensor(shape.values), finalState: tensor(shape.states))
    let q = Memory(problem.q, layout)
    let k = Memory(problem.k, layout)
    let v = Memory(problem.v, layout)
    let beta = Memory(problem.beta, layout)
    let initialState = Memory(problem.initialState)
    let dO = Memory(cotangent.o, layout)
    let dht = Memory(cotangent.finalState)
    read = [q, k, v, beta, initialState, dO, dht]
    (o, finalState) = (Memory(shape.values, layout), Memory(shape.states))
    (dq, dk) = (Memory(shape.keys, layout), Memory(shape.keys, layout))
    (dv, dbeta) = (Memory(shape.values, layout), Memory(shape.strengths, layout))
    dh0 = Memory(shape.states)
    boundaries = .allocate(capacity: (shape.boundaries?.count ?? 0) + 1)
    _ = boundaries.initialize(from: (shape.boundaries ?? []).map { Int64($0) } + [0])

    arguments.shape = deltanet_shape(
      batch: Int64(shape.batch), length: Int64(shape.length), key_heads: Int64(shape.keyHeads),
      heads: Int64(shape.heads), key_dimension: Int64(shape.keyDimension),
      value_dimension: Int64(shape.valueDimension), beta_is_vector: shape.hasVectorBeta ? 1 : 0,
      sequences: shape.boundaries.map { Int64($0.count - 1) } ?? 0,
      cu_seqlens: boundaries.baseAddress)
    arguments.options = deltanet_options(
      scale: 2, use_qk_l2norm: normalizing ? 1 : 0, threads: 1)
    (arguments.q, arguments.qStrides) = (q.start, q.strides)
    (arguments.k, arguments.kStrides) = (k.start, k.strides)
    (arguments.v, arguments.vStrides) = (v.start, v.strides)
    (arguments.beta, arguments.betaStrides) = (beta.start, beta.strides)
    arguments.initialState = initialState.start
    (arguments.o, arguments.oStrides) = (o.start, o.strides)
    arguments.finalState = finalState.start
    (arguments.dO, arguments.dOStrides) = (dO.start, dO.strides)
    arguments.dht = dht.start
    (arguments.dq, arguments.dqStrides) = (dq.start, dq.strides)
    (arguments.dk, arguments.dkStrides) = (dk.start, dk.strides)
    (arguments.dv, arguments.dvStrides) = (dv.start, dv.strides)
    (arguments.dbeta, arguments.dbetaStrides) = (dbeta.start, dbeta.strides)
    arguments.dh0 = dh0.start
  }

  deinit { boundaries.deallocate() }

  var written: [Memory<Number>] { [o, finalState, dq, dk, dv, dbeta, dh0] }
  var isUntouchedAround: Bool { (read + written).allSatisfy(\.isUntouchedAround) }
  var gradients: [[Number]] { [dq, dk, dv, dbeta, dh0].map(\.elements) }
}

extension BatchedGradient {
  var tensors: [Tensor<Scalar>] { [dq, dk, dv, dbeta, dh0] }
}

/// What was wrong with the last call of this thread.
var errorMessage: String { String(cString: deltanet_error_message()) }
