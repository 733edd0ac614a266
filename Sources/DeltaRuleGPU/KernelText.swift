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
      "PAD": blocking.pad, "BLOCKS_AT_ONCE": 1, "ARENA_FLOATS": numbers, "FLOAT32": 0,
      "FLOAT16": 1, "BFLOAT16": 2,
      "TENSOR_CORES": options.precision == .float32 ? 0 : 1,
      "NORMALIZES": options.normalizes ? 1 : 0,
      "BETA_BY_COLUMN": blocking.hasVectorBeta ? 1 : 0,
      "HAS_OUTPUTS": options.hasOutputs ? 1 : 0,
      "INVERSE_IS_GIVEN": options.inverseIsGiven ? 1 : 0,
    ]
    return KernelSource(
      name: rawValue,
      text: definitions(constants) + "#define STORAGE \(options.storage.constant)\n" + words
        + text(PackageResources.chunk_h) + text(body),
      threads: blocking.threads, sharedBytes: 4 * numbers)
  }

  private var body: [UInt8] {
    switch self {
    case .recurrence: PackageResources.recurrence_k
    case .walk: PackageResources.walk_k
    case .chunkInverse: PackageResources.chunk_inverse_k
    case .chunkOutputs: PackageResources.chunk_outputs_k
    case .walkBack: PackageResources.walk_back_k
    case .chunkGradients: PackageResources.chunk_gradients_k
    }
  }
}

extension KernelLanguage {
  /// What the kernels' words mean in it, and how it holds tiles.
  ///
  /// - Parameter substitute: what is to stand for the primitives of CUDA; nil for themselves.
  func words(_ substitute: String? = nil) -> String {
    switch self {
    case .openCL: primitives() + text(PackageResources.tile_opencl_h)
    case .cuda:
      primitives(substitute) + text(PackageResources.storage_cuda_h)
        + text(PackageResources.tile_cuda_h)
    }
  }

  /// What the kernels' words mean in it, but for tiles.
  func primitives(_ substitute: String? = nil) -> String {
    switch self {
    case .openCL: text(PackageResources.device_opencl_h)
    case .cuda: substitute ?? text(PackageResources.device_cuda_h)
    }
  }
}

/// Constants, as a text begins with them.
func definitions(_ constants: KeyValuePairs<String, Int>) -> String {
  constants.map { "#define \($0) \($1)\n" }.joined()
}

/// A text that is embedded in the program.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
