import Algebra
public import DeltaRule

/// The delta rule on a device: the outputs and final states of a batch, copied there and back.
///
/// For tensors that stay on the device take a ``DevicePlan``: copying takes many times longer than computing.
///
/// - Parameters:
///   - storage: what numbers are rounded to on the device, and outputs when they are written.
///   - normalizes: `use_qk_l2norm`.
/// - Throws: ``GPUError``, as ``DevicePlan/init(_:on:using:storage:precision:normalizingQueriesAndKeys:)`` does.
/// - Complexity: 2·C·(C + dk + dv) + 6·dk·dv operations a token and head by chunks of C.
/// - Source: the paper, equations 8 and 9: `Proofs/ChunkwiseSolve.md#chunkwise-solve`.
public func solve(
  _ problem: BatchedProblem<Float>, on device: Device, using form: DeviceForm = .automatic,
  storage: Storage = .float32, precision: ProductPrecision = .float32,
  normalizingQueriesAndKeys normalizes: Bool = false
) throws -> BatchedSolution<Float> {
  let plan = try DevicePlan(
    problem.shape, on: device, using: form, storage: storage, precision: precision,
    normalizingQueriesAndKeys: normalizes)
  return try plan.solution(of: plan.inputs(problem))
}

/// The solution, and a closure that turns a cotangent of it into the gradient of the inputs.
///
/// - Returns: the value, and the pullback; that throws `ShapeError` where the cotangent does not have the value's shape.
/// - Throws: ``GPUError``, as ``DevicePlan/init(_:on:using:storage:precision:normalizingQueriesAndKeys:)`` does.
public func valueWithPullback(
  _ problem: BatchedProblem<Float>, on device: Device, using form: DeviceForm = .automatic,
  storage: Storage = .float32, precision: ProductPrecision = .float32,
  normalizingQueriesAndKeys normalizes: Bool = false
) throws -> (
  value: BatchedSolution<Float>,
  pullback: (BatchedSolution<Float>) throws -> BatchedGradient<Float>
) {
  let plan = try DevicePlan(
    problem.shape, on: device, using: form, storage: storage, precision: precision,
    normalizingQueriesAndKeys: normalizes)
  let inputs = try plan.inputs(problem)
  return (try plan.solution(of: inputs), { try plan.gradient(of: inputs, $0) })
}

extension DevicePlan {
  fileprivate func inputs(_ problem: BatchedProblem<Float>) throws -> DeviceInputs {
    DeviceInputs(
      q: try stored(problem.q), k: try stored(problem.k), v: try stored(problem.v),
      beta: try stored(problem.beta), scale: problem.scale,
      initialState: try device.buffer(of: problem.initialState.elements))
  }

  fileprivate func solution(of inputs: DeviceInputs) throws -> BatchedSolution<Float> {
    let o = try room(shape.values, storage)
    let finalState = try room(shape.states, .float32)
    try solve(inputs, into: DeviceOutputs(o: o, finalState: finalState))
    return BatchedSolution(
      o: try tensor(o, shape.values, storage),
      finalState: try tensor(finalState, shape.states, .float32))
  }

  fileprivate func gradient(
    of inputs: DeviceInputs, _ cotangent: BatchedSolution<Float>
  ) throws -> BatchedGradient<Float> {
    try cotangent.check(against: shape)
    let (keys, values, strengths, states) = (
      shape.keys, shape.values, shape.strengths, shape.states
    )
    let (dq, dk, dv, dbeta, dh0) = (
      try room(keys, storage), try room(keys, storage), try room(values, storage),
      try room(strengths, storage), try room(states, .float32)
    )
    try gradient(
      inputs,
      DeviceOutputs(
        o: stored(cotangent.o), finalState: device.buffer(of: cotangent.finalState.elements)),
      into: DeviceGradients(dq: dq, dk: dk, dv: dv, dbeta: dbeta, dInitialState: dh0))
    return BatchedGradient(
      dq: try tensor(dq, keys, storage), dk: try tensor(dk, keys, storage),
      dv: try tensor(dv, values, storage), dbeta: try tensor(dbeta, strengths, storage),
      dh0: try tensor(dh0, states, .float32))
  }

  private func stored(_ tensor: Tensor<Float>) throws -> DeviceBuffer {
    try device.buffer(of: storage.bytes(of: tensor.elements))
  }

  private func room(_ shape: [Int], _ storage: Storage) throws -> DeviceBuffer {
    try device.buffer(byteCount: shape.reduce(1, *) * storage.byteCount)
  }

  private func tensor(
    _ buffer: DeviceBuffer, _ shape: [Int], _ storage: Storage
  ) throws -> Tensor<Float> {
    var bytes = [UInt8](repeating: 0, count: buffer.byteCount)
    try bytes.withUnsafeMutableBytes { try buffer.download(into: $0, on: device.defaultStream) }
    return Tensor(shape: shape, elements: storage.numbers(in: bytes))
  }
}
