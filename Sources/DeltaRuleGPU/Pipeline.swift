import DeltaRule

/// The two kernels of ``DeviceForm/pipelined``, for one shape.
struct Pipeline {
  /// dk = dv.
  private let width: Int
  private let sequences: Int
  private let heads: Int
  /// Value columns of a block of the walk.
  private let columns: Int
  /// Chunks, and between two sequences a number that may be nobody's.
  private let slots: Int
  private let words: String

  static let chunk = 64
  /// −T of a chunk: ten squares of 16 × 16 in bfloat16.
  private static let triangleBytes = 10 * 512

  /// - Throws: ``GPUError`` where the kernels are not for this.
  init(
    _ shape: BatchShape, on device: Device, storage: Storage, precision: ProductPrecision,
    normalizes: Bool
  ) throws {
    func demand(_ holds: Bool, _ what: String) throws {
      guard holds else { throw GPUError(.notPipelined(what)) }
    }
    try demand(device.hasWarpgroups, "a CUDA device of compute capability 9.0 or newer")
    try demand(storage == .bfloat16, "storage in bfloat16")
    try demand(precision == .bfloat16, "products in bfloat16")
    try demand(
      shape.keyDimension == shape.valueDimension && [64, 128].contains(shape.keyDimension),
      "dk = dv = 64 or 128")
    try demand(!shape.hasVectorBeta, "one β a token")
    try demand(!normalizes, "queries and keys that are normalised already")
    self.init(shape, multiprocessors: device.multiprocessors, words: device.primitives)
    for kernel in [transform.source, walk.source] {
      try demand(
        kernel.sharedBytes <= device.sharedMemoryLimit,
        "\(kernel.sharedBytes) bytes of shared memory, of which there are "
          + "\(device.sharedMemoryLimit)")
    }
  }

  /// - Parameter words: what the kernels' words mean.
  /// - Precondition: dk = dv = 64 or 128, and there is one β a token.
  init(_ shape: BatchShape, multiprocessors: Int, words: String) {
    width = shape.keyDimension
    sequences = shape.sequenceCount
    heads = shape.heads
    columns = 4 * sequences * heads >= 3 * multiprocessors ? width : 32
    slots = shape.batch * shape.length / Self.chunk + sequences
    self.words = words
  }

  /// −T of all chunks and heads, which the first kernel hands to the second.
  var triangleByteCount: Int { slots * heads * Self.triangleBytes }

  /// A warp for each chunk and value head, four to a block.
  var transform: (source: KernelSource, groups: (Int, Int, Int)) {
    let warps = 4
    return (
      source(
        "pipelined_transform", PackageResources.pipelined_transform_k, threads: 32 * warps,
        blocksAtOnce: 3, localBytes: warps * (128 * width + 256)),
      ((slots * heads + warps - 1) / warps, 1, 1)
    )
  }

  /// A block for each sequence, head and slice of columns.
  var walk: (source: KernelSource, groups: (Int, Int, Int)) {
    let stages = columns == 128 ? 3 : 4
    let handovers = columns / 16 * (width / 16 + 4) * 512
    return (
      source(
        "pipelined_walk", PackageResources.pipelined_walk_k, threads: columns == 32 ? 256 : 384,
        blocksAtOnce: 1,
        localBytes: stages * (256 * width + 128 * columns + Self.triangleBytes)
          + 2 * Self.triangleBytes + handovers),
      (sequences * (width / columns), heads, 1)
    )
  }

  private func source(
    _ name: String, _ body: [UInt8], threads: Int, blocksAtOnce: Int, localBytes: Int
  ) -> KernelSource {
    let constants: KeyValuePairs<String, Int> = [
      "C": Self.chunk, "DK": width, "WIDTH": width, "DV": columns, "NT": threads,
      "BLOCKS_AT_ONCE": blocksAtOnce,
    ]
    return KernelSource(
      name: name,
      text: definitions(constants) + words + text(PackageResources.pipelined_h) + text(body),
      threads: threads, sharedBytes: localBytes)
  }
}

/// The kernels and what one hands to the other, ready to be launched.
struct CompiledPipeline {
  let triangles: DeviceBuffer
  let transform: (kernel: Kernel, groups: (Int, Int, Int))
  let walk: (kernel: Kernel, groups: (Int, Int, Int))

  init(_ pipeline: Pipeline, on device: Device) throws {
    triangles = try device.buffer(byteCount: pipeline.triangleByteCount)
    transform = (try device.kernel(pipeline.transform.source), pipeline.transform.groups)
    walk = (try device.kernel(pipeline.walk.source), pipeline.walk.groups)
  }
}
