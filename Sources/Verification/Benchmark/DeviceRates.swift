import DeltaRuleGPU

/// What a device does at most.
public struct DeviceRates: Equatable, Sendable {
  /// Of a copy from its memory to its memory, in GB/s: what is read and what is written.
  public var copy: Double
  /// Of multiply-adds that stay in registers, in TFLOP/s; on the matrix units by the instructions of a warp.
  package var products: [ProductPrecision: Double]
}

/// Times what a device does at most, in the same rounds as its kernels.
struct DeviceRatesSampler {
  private var copy: DeviceSampler
  private let copiedBytes: Int
  private var products: [(kernel: PeakKernel, operations: Double, sampler: DeviceSampler)]

  /// Bytes that it takes.
  static func bytes(on device: Device) -> Int { 2 * copiedBytes(on: device) }

  private static func copiedBytes(on device: Device) -> Int {
    min(256 << 20, (device.memory ?? 1 << 30) / 16)
  }

  init(on device: Device, behind hold: DeviceHold) throws {
    copiedBytes = Self.copiedBytes(on: device)
    let (from, to) = (
      try device.buffer(byteCount: copiedBytes), try device.buffer(byteCount: copiedBytes)
    )
    try from.fillWithZero(on: hold.stream)
    copy = try DeviceSampler(behind: hold) { _ in try to.copy(from: from, on: hold.stream) }
    // Blocks enough for every multiprocessor to have threads that it can go on with.
    let groups = 16 * device.multiprocessors
    products = try ProductPrecision.all(on: device).map { products in
      let kernel = try PeakKernel(products, on: device)
      let each = try kernel.repetitionsPerMillisecond(groups: groups, on: hold.stream)
      let repetitions = Int32(clamping: max(1, Int(each)))
      return (
        kernel, Double(repetitions) * Double(groups) * kernel.operations,
        try DeviceSampler(behind: hold) { _ in
          try kernel.launch(groups: groups, repetitions: repetitions, on: hold.stream)
        }
      )
    }
  }

  mutating func sample() throws {
    try copy.sample()
    for i in products.indices { try products[i].sampler.sample() }
  }

  /// The best of all samples.
  ///
  /// - Precondition: there is one.
  var rates: DeviceRates {
    DeviceRates(
      copy: 2 * Double(copiedBytes) / copy.times.minimum * 1e-6,
      products: Dictionary(
        uniqueKeysWithValues: products.map {
          ($0.kernel.products, $0.operations / $0.sampler.times.minimum * 1e-9)
        }))
  }
}
