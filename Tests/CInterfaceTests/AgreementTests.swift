import Algebra
import CDeltaNet
import DeltaRule
import DeltaRuleCPU
import Testing

/// Small ones of each kind: blocks full and not, a token alone, packed and empty sequences, grouped heads, nothing at all.
private func shape(
  _ batch: Int, _ length: Int, _ keyHeads: Int = 1, _ heads: Int = 1, _ dk: Int = 3, _ dv: Int = 5,
  vectorBeta: Bool = false, boundaries: [Int]? = nil
) throws -> BatchShape {
  try BatchShape(
    batch: batch, length: length, keyHeads: keyHeads, heads: heads, keyDimension: dk,
    valueDimension: dv, hasVectorBeta: vectorBeta, boundaries: boundaries)
}

private func shapes() throws -> [BatchShape] {
  try [
    shape(1, 1), shape(2, 70, 2, 4, 16, 20), shape(1, 9, 1, 2, 8, 130),
    shape(3, 5, 2, 2, 8, 33, vectorBeta: true), shape(1, 20, 2, 6, boundaries: [0, 0, 1, 11, 20]),
    shape(1, 1, boundaries: [0, 0, 1, 1]), shape(0, 10), shape(2, 0, 1, 2),
    shape(1, 0, boundaries: [0, 0]),
  ]
}

@Suite("The C interface computes the delta rule")
struct AgreementTests {
  private func checkAgreement<Number: CNumber>(_: Number.Type) throws {
    for shape in try shapes() {
      for (layout, normalizing) in zip(Layout.all, [true, false, true]) {
        let batch = try CBatch<Number>(shape, layout, normalizing: normalizing, divisor: 8)
        #expect(Number.forward(batch.arguments) == DELTANET_OK, "\(errorMessage)")
        #expect(Number.backward(batch.arguments) == DELTANET_OK, "\(errorMessage)")
        let expected = solve(
          batch.problem, normalizingQueriesAndKeys: normalizing, threads: 1)
        let gradient = try gradient(
          batch.problem, batch.cotangent, normalizingQueriesAndKeys: normalizing, threads: 1)
        #expect(batch.o.elements == expected.o.elements)
        #expect(batch.finalState.elements == expected.finalState.elements)
        #expect(batch.gradients == gradient.tensors.map(\.elements))
        #expect(batch.isUntouchedAround)
      }
    }
  }

  /// To the last bit, wherever tensors lie.
  @Test
  func isTheLibrary() throws {
    try checkAgreement(Float.self)
    try checkAgreement(Double.self)
  }

  /// Against the formulation in exact arithmetic: on so few small integers Double does not round.
  @Test
  func gradientIsThatOfTheFormulation() throws {
    for shape in try [
      shape(2, 5, 2, 4), shape(1, 6, boundaries: [0, 4, 4, 6]), shape(1, 4, 1, 2, vectorBeta: true),
    ] {
      let batch = try CBatch<Double>(shape)
      #expect(Double.backward(batch.arguments) == DELTANET_OK, "\(errorMessage)")
      let exact = try batch.problem.map { Dyadic(Int($0)) }.gradient(
        batch.cotangent.map { Dyadic(Int($0)) }, by: recurrenceBackward)
      let found = batch.gradients.map { $0.map { Int(exactly: $0).map { Dyadic($0) } } }
      #expect(found == exact.tensors.map { $0.elements.map(Optional.some) })
    }
  }

  private func checkDecoding<Number: CNumber>(_: Number.Type) throws {
    let length = 4
    let batch = try CBatch<Number>(shape(3, length, 2, 4))
    #expect(Number.forward(batch.arguments) == DELTANET_OK, "\(errorMessage)")
    let (o, states) = (batch.o.elements, Memory(batch.problem.initialState))
    // Token after token, read and written where they lie among the others.
    let stepwise = Memory<Number>(batch.shape.values)
    var step = batch.arguments
    step.shape.length = 1
    (step.initialState, step.finalState, step.o) = (nil, states.start, stepwise.start)
    let (keys, values) = (2 * 3, 4 * 5)
    func strides(token: Int, head: Int64) -> deltanet_strides {
      deltanet_strides(batch: Int64(length * token), token: Int64(token), head: head)
    }
    (step.qStrides, step.kStrides) = (strides(token: keys, head: 3), strides(token: keys, head: 3))
    (step.vStrides, step.oStrides) = (
      strides(token: values, head: 5), strides(token: values, head: 5)
    )
    step.betaStrides = strides(token: 4, head: 1)
    for _ in 0..<length {
      #expect(Number.decodeStep(step) == DELTANET_OK, "\(errorMessage)")
      step.q = step.q.map { $0 + keys }
      step.k = step.k.map { $0 + keys }
      step.v = step.v.map { $0 + values }
      step.o = step.o.map { $0 + values }
      step.beta = step.beta.map { $0 + 4 }
    }
    #expect(stepwise.elements == o)
    #expect(states.elements == batch.finalState.elements)
  }

  /// Nothing is rounded on small integers, and so no digit may differ.
  @Test
  func decodingIsForward() throws {
    try checkDecoding(Float.self)
    try checkDecoding(Double.self)
  }

  /// States that are null are zero, or nobody's.
  @Test
  func statesMayBeNull() throws {
    let batch = try CBatch<Double>(shape(2, 5, 1, 2))
    var arguments = batch.arguments
    (arguments.initialState, arguments.finalState) = (nil, nil)
    (arguments.dht, arguments.dh0) = (nil, nil)
    #expect(Double.forward(arguments) == DELTANET_OK, "\(errorMessage)")
    #expect(Double.backward(arguments) == DELTANET_OK, "\(errorMessage)")
    let problem = try BatchedProblem(
      q: batch.problem.q, k: batch.problem.k, v: batch.problem.v, beta: batch.problem.beta,
      scale: batch.problem.scale)
    let gradient = try gradient(
      problem, BatchedSolution(o: batch.cotangent.o, finalState: problem.initialState), threads: 1)
    #expect(batch.o.elements == solve(problem, threads: 1).o.elements)
    #expect(batch.gradients.dropLast() == gradient.tensors.dropLast().map(\.elements))
    #expect(batch.finalState.isUntouched && batch.dh0.isUntouched)
  }

  /// Queries, keys and values token by token in one tensor, as projections leave them, and their gradients likewise.
  @Test
  func tensorsMayBeInterleaved() throws {
    let apart = try CBatch<Double>(shape(1, 6, 2, 2, 4, 4))
    #expect(Double.backward(apart.arguments) == DELTANET_OK, "\(errorMessage)")
    let (fused, gradients) = (Memory<Double>([1, 6, 6, 4]), Memory<Double>([1, 6, 6, 4]))
    for (part, tensor) in [apart.problem.q, apart.problem.k, apart.problem.v].enumerated() {
      for (i, element) in tensor.elements.enumerated() {
        fused.start[i / 8 * 24 + part * 8 + i % 8] = element
      }
    }
    var arguments = apart.arguments
    let strides = deltanet_strides(batch: 0, token: 24, head: 4)
    (arguments.q, arguments.k, arguments.v) = (fused.start, fused.start + 8, fused.start + 16)
    (arguments.dq, arguments.dk) = (gradients.start, gradients.start + 8)
    arguments.dv = gradients.start + 16
    (arguments.qStrides, arguments.kStrides, arguments.vStrides) = (strides, strides, strides)
    (arguments.dqStrides, arguments.dkStrides, arguments.dvStrides) = (strides, strides, strides)
    #expect(Double.backward(arguments) == DELTANET_OK, "\(errorMessage)")
    for (part, tensor) in [apart.dq, apart.dk, apart.dv].enumerated() {
      #expect(
        tensor.elements == (0..<48).map { gradients.start[$0 / 8 * 24 + part * 8 + $0 % 8] })
    }
  }
}
