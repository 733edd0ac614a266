extension ProductPrecision {
  /// What a device has units for.
  package static func all(on device: Device) -> [ProductPrecision] {
    device.hasMatrixUnits ? allCases : [.float32]
  }

  fileprivate var constant: String {
    switch self {
    case .float32: "FLOAT32"
    case .tf32: "TF32"
    case .bfloat16: "BFLOAT16"
    }
  }
}

/// Multiply-adds that stay in registers.
package struct PeakKernel: Sendable {
  package let products: ProductPrecision
  private let device: Device
  private let kernel: Kernel
  private let sink: DeviceBuffer

  private static let threads = 128
  /// Chains of operations that do not wait for one another.
  private static let chains = 8

  /// - Throws: ``GPUError``.
  package init(_ products: ProductPrecision, on device: Device) throws {
    self.products = products
    self.device = device
    kernel = try device.kernel(Self.source(products, device.words))
    sink = try device.buffer(byteCount: 4)
  }

  static func source(_ products: ProductPrecision, _ words: String) -> KernelSource {
    let constants: KeyValuePairs<String, Int> = [
      "NT": threads, "BLOCKS_AT_ONCE": 1, "CHAINS": chains, "FLOAT32": 0, "FLOAT16": 1,
      "BFLOAT16": 2, "TF32": 3, "TENSOR_CORES": 0,
    ]
    return KernelSource(
      name: "peak",
      text: definitions(constants) + "#define STORAGE FLOAT32\n"
        + "#define PRODUCTS \(products.constant)\n" + words + text(PackageResources.peak_k),
      threads: threads, sharedBytes: 0)
  }

  package func launch(groups: Int, repetitions: Int32, on stream: Stream) throws {
    // A third has a full mantissa, and keeps the sums finite.
    try device.launch(
      kernel, groups: (groups, 1, 1), [.buffer(sink), .float(1 / 3), .int32(repetitions)],
      on: stream)
  }

  /// Multiplications and additions of a group, each time that all its chains go on.
  package var operations: Double {
    let perThread =
      switch (products, device.language) {
      // A warp of 32 multiplies 16 × 8 by 8 × 8, or 16 × 16 by 16 × 8.
      case (.tf32, _): 2 * 16 * 8 * 8 / 32
      case (.bfloat16, _): 2 * 16 * 16 * 8 / 32
      case (.float32, .cuda): 2
      case (.float32, .openCL): 2 * 16
      }
    return Double(perThread * Self.chains * Self.threads)
  }
}
