/// What the kernels' text takes from a CUDA device beside plain C: a word of `device.cuda.h`, or of what stands in for it.
package enum DevicePrimitive: String, CaseIterable, Sendable {
  case toTF32 = "to_tf32"
  case toBFloat16 = "to_bf16"
  case toFloat16 = "to_f16"
  case fromBFloat16 = "from_bf16"
  case fromFloat16 = "from_f16"
  case squareRoot = "SQUARE_ROOT"
  case packBFloat16 = "pack_bf16"
  case multiplyTF32 = "mma_tf32"
  case multiplyBFloat16 = "mma_bf16"
  case multiplyFloat16 = "mma_f16"
  case loadMatrices = "load_matrix_4"
  case loadMatricesTransposed = "load_matrix_4_transposed"
  case storeMatricesTransposed = "store_matrix_4_transposed"
  case copyAsynchronously = "copy_async_16"
  case shuffle = "shuffle_xor"

  /// Those that the device has.
  package static func all(on device: Device) -> [DevicePrimitive] {
    allCases.filter { $0 != .storeMatricesTransposed || device.hasWarpgroups }
  }

  /// 32-bit words that a lane takes, and gives.
  package var words: (operands: Int, results: Int) {
    switch self {
    case .toTF32, .toBFloat16, .toFloat16, .fromBFloat16, .fromFloat16, .squareRoot: (1, 1)
    case .packBFloat16: (2, 1)
    case .multiplyTF32, .multiplyBFloat16, .multiplyFloat16: (10, 4)
    case .loadMatrices, .loadMatricesTransposed, .storeMatricesTransposed: (4, 4)
    case .copyAsynchronously: (12, 8)
    case .shuffle: (1, 31)
    }
  }

  private static let lanes = 32

  /// What it makes of the operands of whole warps, lane after lane.
  ///
  /// - Throws: ``GPUError``.
  package func results(of operands: [UInt32], on device: Device) throws -> [UInt32] {
    let warps = operands.count / (words.operands * Self.lanes)
    precondition(warps * words.operands * Self.lanes == operands.count, "warps are whole")
    let taken = try device.buffer(of: operands)
    let given = try device.buffer(byteCount: 4 * warps * Self.lanes * words.results)
    try device.launch(
      device.kernel(source(device.primitives)), groups: (warps, 1, 1),
      [.buffer(taken), .buffer(given)], on: device.defaultStream)
    var results = [UInt32](repeating: 0, count: given.byteCount / 4)
    try results.withUnsafeMutableBytes { try given.download(into: $0, on: device.defaultStream) }
    return results
  }

  /// - Parameter words: what the kernels' words mean.
  func source(_ words: String) -> KernelSource {
    KernelSource(
      name: "apply_\(rawValue)",
      text: definitions(["NT": Self.lanes, "BLOCKS_AT_ONCE": 1]) + words
        + text(PackageResources.primitives_k),
      threads: Self.lanes, sharedBytes: 1024)
  }
}
