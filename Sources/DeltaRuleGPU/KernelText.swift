/// What a kernel is compiled for, beside the sizes.
struct KernelOptions: Hashable {
  var storage: Storage
  var precision: ProductPrecision
  var normalizes: Bool
  /// Of `walk`: whether it writes outputs.
  var hasOutputs = false
  /// Of `walk`: whether the inverses of its chunks have been computed before.
  var inverseIsGiven = false
}

extension ChunkKernel {
  /// The complete text: the constants, the words of the device, what all kernels share, and the kernel.
  func source(_ blocking: Blocking, _ options: KernelOptions, _ words: String) -> KernelSource {
    let numbers = localNumbers(blocking, hasOutputs: options.hasOutputs)
    let constants: KeyValuePairs<String, Int> = [
      "C": blocking.chunk, "DK": blocking.keys, "DV": blocking.values, "NT": blocking.threads,
      "PAD": blocking.pad, "ARENA_FLOATS": numbers, "FLOAT32": 0, "FLOAT16": 1, "BFLOAT16": 2,
      "TENSOR_CORES": options.precision == .tf32 ? 1 : 0,
      "NORMALIZES": options.normalizes ? 1 : 0,
      "BETA_BY_COLUMN": blocking.hasVectorBeta ? 1 : 0,
      "HAS_OUTPUTS": options.hasOutputs ? 1 : 0,
      "INVERSE_IS_GIVEN": options.inverseIsGiven ? 1 : 0,
    ]
    let definitions =
      constants.map { "#define \($0) \($1)\n" }.joined()
      + "#define STORAGE \(options.storage.constant)\n"
    return KernelSource(
      name: rawValue,
      text: definitions + words + Self.text(PackageResources.chunk_h) + text,
      threads: blocking.threads, sharedBytes: 4 * numbers)
  }

  private var text: String {
    let bytes =
      switch self {
      case .recurrence: PackageResources.recurrence_k
      case .walk: PackageResources.walk_k
      case .chunkInverse: PackageResources.chunk_inverse_k
      case .chunkOutputs: PackageResources.chunk_outputs_k
      case .walkBack: PackageResources.walk_back_k
      case .chunkGradients: PackageResources.chunk_gradients_k
      }
    return Self.text(bytes)
  }

  fileprivate static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}

extension KernelLanguage {
  /// What the kernels' words mean in it, and how they hold tiles.
  ///
  /// - Parameter primitives: what is to stand for the primitives of CUDA; nil for themselves.
  func words(_ primitives: String? = nil) -> String {
    switch self {
    case .openCL:
      ChunkKernel.text(PackageResources.device_opencl_h)
        + ChunkKernel.text(PackageResources.tile_opencl_h)
    case .cuda:
      (primitives ?? ChunkKernel.text(PackageResources.device_cuda_h))
        + ChunkKernel.text(PackageResources.storage_cuda_h)
        + ChunkKernel.text(PackageResources.tile_cuda_h)
    }
  }
}
