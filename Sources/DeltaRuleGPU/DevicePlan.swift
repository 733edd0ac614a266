public import DeltaRule

/// How batches of one shape are computed on a device: the kernels, compiled once, and their workspace.
///
/// Calls return before the device is done; what a stream has been given happens in order. One plan may not be on two streams at
/// the same time, since its workspace is one.
public final class DevicePlan {
  public let shape: BatchShape
  public let device: Device
  /// How it computes; never ``DeviceForm/automatic``.
  public let form: DeviceForm
  public let storage: Storage
  public let precision: ProductPrecision
  private let options: KernelOptions
  /// How many tokens it takes together: as many as the form says, or fewer where those do not fit the local memory.
  package var chunkLength: Int { blockings.chunk }
  private let blockings: Blockings
  private let table: ChunkTable
  private let pipeline: Pipeline?
  private var kernels: [Variant: Kernel] = [:]
  private var workspace: Workspace?
  private var adjoint: Workspace?
  private var pipelined: CompiledPipeline?

  /// - Parameters:
  ///   - normalizes: `use_qk_l2norm`.
  /// - Throws: ``GPUError``, also where dk is above 256, products cannot be had as asked for, or not even chunks of 16 tokens
  ///   fit the device's local memory.
  public init(
    _ shape: BatchShape, on device: Device, using form: DeviceForm = .automatic,
    storage: Storage = .float32, precision: ProductPrecision = .float32,
    normalizingQueriesAndKeys normalizes: Bool = false
  ) throws {
    guard precision == .float32 || device.hasMatrixUnits else {
      throw GPUError(.noMatrixUnits(device.deviceName))
    }
    self.shape = shape
    self.device = device
    self.storage = storage
    self.precision = precision
    options = KernelOptions(storage: storage, precision: precision, normalizes: normalizes)
    self.form =
      form == .automatic
      ? .chosen(
        for: shape, on: device, storage: storage, precision: precision,
        normalizingQueriesAndKeys: normalizes) : form
    pipeline =
      self.form == .pipelined
      ? try Pipeline(
        shape, on: device, storage: storage, precision: precision, normalizes: normalizes) : nil
    blockings = try Blockings(
      for: shape, atMost: self.form.chunkLength, device.language,
      localBytes: device.sharedMemoryLimit)
    table = try ChunkTable(shape, chunk: blockings.chunk, on: device)
  }

  /// The outputs and final states.
  ///
  /// - Parameters:
  ///   - inputs: in the shape and storage of the plan.
  ///   - outputs: nothing of them may overlap another or an input, but that the final state may be the initial one.
  /// - Throws: ``GPUError``.
  public func solve(
    _ inputs: DeviceInputs, into outputs: DeviceOutputs, on stream: Stream? = nil
  ) throws {
    try check(inputs)
    try check("o", outputs.o, holds: shape.values, storage)
    try check("final_state", outputs.finalState, holds: shape.states, .float32)
    let stream = stream ?? device.defaultStream
    switch form {
    case .recurrence:
      try launch(
        .recurrence, .heads,
        inputs.tokens + [
          .float(inputs.scale), .buffer(inputs.initialState), .buffer(outputs.o),
          .buffer(outputs.finalState), .buffer(table.sequences),
        ], on: stream)
    case .walk:
      try walk(inputs, o: outputs.o, finalState: outputs.finalState, on: stream)
    case .parallel:
      let workspace = try takeWorkspace()
      try enterChunks(inputs, finalState: outputs.finalState, workspace, on: stream)
      try launch(
        .chunkOutputs, .chunksByColumns,
        [
          .buffer(inputs.q), .buffer(inputs.k), .float(inputs.scale),
          .buffer(workspace.states), .buffer(workspace.pseudoValues), .buffer(outputs.o),
        ] + table.all, on: stream)
    case .pipelined: try solvePipelined(inputs, into: outputs, on: stream)
    case .automatic: preconditionFailure("a form has been chosen by now")
    }
  }

  /// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩ in every input. States are computed once more, not kept.
  ///
  /// - Parameters:
  ///   - inputs: as ``solve(_:into:on:)`` read them.
  ///   - gradients: nothing of them may overlap another or an input.
  /// - Throws: ``GPUError``.
  /// - Source: `Proofs/ChunkwiseSolve.md#solve-backward`.
  public func gradient(
    _ inputs: DeviceInputs, _ cotangent: DeviceOutputs, into gradients: DeviceGradients,
    on stream: Stream? = nil
  ) throws {
    try check(inputs)
    for (name, buffer, shape) in [
      ("do", cotangent.o, shape.values), ("dq", gradients.dq, shape.keys),
      ("dk", gradients.dk, shape.keys), ("dv", gradients.dv, shape.values),
      ("dbeta", gradients.dbeta, shape.strengths),
    ] {
      try check(name, buffer, holds: shape, storage)
    }
    try check("dht", cotangent.finalState, holds: shape.states, .float32)
    try check("dh0", gradients.dInitialState, holds: shape.states, .float32)
    let stream = stream ?? device.defaultStream
    let (entry, exit) = (try takeWorkspace(), try takeAdjoint())
    if form.isParallel {
      try enterChunks(inputs, finalState: nil, entry, on: stream)
    } else {
      try walk(inputs, keeping: entry, on: stream)
    }
    try launch(
      .walkBack, .heads,
      [
        .buffer(inputs.q), .buffer(inputs.k), .buffer(inputs.beta), .float(inputs.scale),
        .buffer(cotangent.o), .buffer(cotangent.finalState), .buffer(entry.inverses),
        .buffer(exit.states), .buffer(exit.pseudoValues), .buffer(gradients.dv),
        .buffer(gradients.dInitialState), .buffer(table.sequences), .buffer(table.firstChunk),
      ], on: stream)
    try launch(
      .chunkGradients, .chunksOfKeyHeads,
      inputs.tokens + [
        .float(inputs.scale), .buffer(cotangent.o), .buffer(entry.states),
        .buffer(entry.pseudoValues), .buffer(exit.states), .buffer(exit.pseudoValues),
        .buffer(gradients.dq), .buffer(gradients.dk), .buffer(gradients.dbeta),
      ] + table.all, on: stream)
  }

  private func check(_ inputs: DeviceInputs) throws {
    try check("q", inputs.q, holds: shape.keys, storage)
    try check("k", inputs.k, holds: shape.keys, storage)
    try check("v", inputs.v, holds: shape.values, storage)
    try check("beta", inputs.beta, holds: shape.strengths, storage)
    try check("initial_state", inputs.initialState, holds: shape.states, .float32)
  }

  private func check(
    _ name: String, _ buffer: DeviceBuffer?, holds shape: [Int], _ storage: Storage
  ) throws {
    let needed = shape.reduce(1, *) * storage.byteCount
    guard let buffer, buffer.byteCount < needed else { return }
    throw GPUError(.bufferTooShort(tensor: name, bytes: buffer.byteCount, needed: needed))
  }

  private func solvePipelined(
    _ inputs: DeviceInputs, into outputs: DeviceOutputs, on stream: Stream
  ) throws {
    let pipelined = try compiledPipeline()
    let heads: [KernelArgument] = [
      .int32(Int32(shape.heads)), .int32(Int32(shape.keyHeads)),
    ]
    try device.launch(
      pipelined.transform.kernel, groups: pipelined.transform.groups,
      [
        .buffer(inputs.k), .buffer(inputs.beta), .buffer(table.sequences),
        .buffer(pipelined.triangles),
        .int32(Int32(shape.sequenceCount)),
      ] + heads, on: stream)
    try device.launch(
      pipelined.walk.kernel, groups: pipelined.walk.groups,
      [
        .buffer(inputs.q), .buffer(inputs.k), .buffer(inputs.v), .buffer(pipelined.triangles),
        .buffer(table.sequences), .buffer(inputs.initialState), .buffer(outputs.o),
        .buffer(outputs.finalState),
      ] + heads + [.float(inputs.scale)], on: stream)
  }

  /// The states that enter the chunks, and their pseudo-values.
  private func enterChunks(
    _ inputs: DeviceInputs, finalState: DeviceBuffer?, _ workspace: Workspace, on stream: Stream
  ) throws {
    if !shape.hasVectorBeta {
      try launch(
        .chunkInverse, .chunks,
        [.buffer(inputs.k), .buffer(inputs.beta), .buffer(workspace.inverses)] + table.all,
        on: stream)
    }
    try walk(
      inputs, finalState: finalState, keeping: workspace, inverseIsGiven: !shape.hasVectorBeta,
      on: stream)
  }

  private func walk(
    _ inputs: DeviceInputs, o: DeviceBuffer? = nil, finalState: DeviceBuffer? = nil,
    keeping workspace: Workspace? = nil, inverseIsGiven: Bool = false, on stream: Stream
  ) throws {
    try launch(
      .walk, .heads,
      inputs.tokens + [
        .float(inputs.scale), .buffer(inputs.initialState), .buffer(o),
        .buffer(finalState), .buffer(workspace?.inverses),
        .buffer(workspace?.states), .buffer(workspace?.pseudoValues), .buffer(table.sequences),
        .buffer(table.firstChunk),
      ], hasOutputs: o != nil, inverseIsGiven: inverseIsGiven, on: stream)
  }

  /// A kernel, and what it is compiled for.
  private struct Variant: Hashable {
    let kernel: ChunkKernel
    let options: KernelOptions
  }

  private func compiled(_ variant: Variant) throws -> Kernel {
    if let kernel = kernels[variant] { return kernel }
    let kernel = try device.kernel(
      variant.kernel.source(blockings[variant.kernel], variant.options, device.words))
    kernels[variant] = kernel
    return kernel
  }

  /// What each block of a kernel is for.
  private enum Grid { case heads, chunks, chunksByColumns, chunksOfKeyHeads }

  private func launch(
    _ kernel: ChunkKernel, _ grid: Grid, _ arguments: [KernelArgument], hasOutputs: Bool = false,
    inverseIsGiven: Bool = false, on stream: Stream
  ) throws {
    let blocking = blockings[kernel]
    let columns = (shape.valueDimension + blocking.values - 1) / blocking.values
    let groups =
      switch grid {
      case .heads: (shape.sequenceCount, shape.heads, columns)
      case .chunks: (table.count, shape.heads, 1)
      case .chunksByColumns: (table.count, shape.heads, columns)
      case .chunksOfKeyHeads: (table.count, shape.keyHeads, 1)
      }
    var options = options
    options.hasOutputs = hasOutputs
    options.inverseIsGiven = inverseIsGiven
    let sizes = [shape.keyHeads, shape.heads, shape.keyDimension, shape.valueDimension]
    try device.launch(
      compiled(Variant(kernel: kernel, options: options)), groups: groups,
      arguments + sizes.map { .int32(Int32($0)) }, on: stream)
  }
}

extension DeviceInputs {
  fileprivate var tokens: [KernelArgument] {
    [.buffer(q), .buffer(k), .buffer(v), .buffer(beta)]
  }
}

extension ChunkTable {
  fileprivate var all: [KernelArgument] {
    [.buffer(sequences), .buffer(firstChunk), .buffer(sequenceOfChunk)]
  }
}

// MARK: What kernels hand on to one another

extension DevicePlan {
  /// The bytes that the plan takes when it is first used, and keeps.
  package func workspaceByteCount(ofGradient isGradient: Bool) -> Int {
    (pipeline?.triangleByteCount ?? 0)
      + (isGradient || form.isParallel && pipeline == nil ? workspaceSize.byteCount : 0)
      + (isGradient ? adjointSize.byteCount : 0)
  }

  private var workspaceSize: Workspace.Size {
    Workspace.Size(shape, chunks: table.count, chunk: blockings.chunk)
  }

  private var adjointSize: Workspace.Size { Workspace.Size(shape, chunks: table.count, chunk: 0) }

  private func takeWorkspace() throws -> Workspace {
    try kept(\.workspace) { try Workspace(workspaceSize, on: device) }
  }

  private func takeAdjoint() throws -> Workspace {
    try kept(\.adjoint) { try Workspace(adjointSize, on: device) }
  }

  private func compiledPipeline() throws -> CompiledPipeline {
    guard let pipeline else { preconditionFailure("the form has its kernels") }
    return try kept(\.pipelined) { try CompiledPipeline(pipeline, on: device) }
  }

  /// What has been made once, at the first call that succeeds.
  private func kept<Value>(
    _ place: ReferenceWritableKeyPath<DevicePlan, Value?>, make: () throws -> Value
  ) rethrows -> Value {
    if let value = self[keyPath: place] { return value }
    let value = try make()
    self[keyPath: place] = value
    return value
  }
}

/// What is handed on in float32.
private struct Workspace {
  /// [chunks, H, dk, dv]: the state, or its cotangent, at the border of each chunk.
  let states: DeviceBuffer
  /// In the shape of v.
  let pseudoValues: DeviceBuffer
  /// [chunks, H, C, C].
  let inverses: DeviceBuffer

  init(_ size: Size, on device: Device) throws {
    func floats(_ count: Int) throws -> DeviceBuffer { try device.buffer(byteCount: 4 * count) }
    states = try floats(size.states)
    pseudoValues = try floats(size.pseudoValues)
    inverses = try floats(size.inverses)
  }

  /// How many numbers there are of each.
  struct Size {
    let states: Int
    let pseudoValues: Int
    let inverses: Int

    /// - Parameter chunk: C; 0 where no inverses are wanted.
    init(_ shape: BatchShape, chunks: Int, chunk: Int) {
      states = chunks * shape.heads * shape.keyDimension * shape.valueDimension
      pseudoValues = shape.values.reduce(1, *)
      inverses = shape.hasVectorBeta ? 0 : chunks * shape.heads * chunk * chunk
    }

    var byteCount: Int { 4 * (states + pseudoValues + inverses) }
  }
}
