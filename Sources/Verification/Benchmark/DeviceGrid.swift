import DeltaRule
public import DeltaRuleGPU
internal import Reporting

/// Every combination of some sizes, passes, storages, products and forms.
public struct DeviceGrid: Sendable {
  public var sizes = [BenchmarkSizes(batches: [16], heads: [16])]
  public var storages = [Storage.bfloat16]
  public var passes = [BenchmarkPass.forward]
  public var products: [ProductPrecision]
  public var forms: [DeviceForm] = [.walk(.sixtyFour), .parallel(.sixtyFour)]

  /// With products on the matrix units, where the device has any, and the pipelined form, where it can.
  public init(for device: Device) {
    products = [device.hasWarpgroups ? .bfloat16 : device.hasMatrixUnits ? .tf32 : .float32]
    if device.hasWarpgroups { forms.append(.pipelined) }
  }

  /// The combinations, each once. A decoding step has one length and one form, whatever the others have.
  ///
  /// - Throws: `ShapeError` where a size is not what a batch can have.
  public func configurations() throws -> [DeviceConfiguration] {
    let shapes = try sizes.flatMap { try $0.shapes() }
    return try storages.flatMap { storage in
      try shapes.flatMap { shape in
        try passes.flatMap { pass in
          let timed = try pass.shape(shape)
          return forms.flatMap { form in
            products.map { products in
              DeviceConfiguration(
                form: pass == .decode ? .recurrence : form, pass: pass, storage: storage,
                products: products, shape: timed)
            }
          }
        }
      }
    }.unique
  }

  /// Forward passes, and those with their gradients, of `standardSizes(for:)`.
  ///
  /// - Throws: `GPUError`.
  public static func standard(for device: Device) throws -> DeviceGrid {
    var grid = DeviceGrid(for: device)
    grid.sizes = try standardSizes(for: device)
    grid.passes = [.forward, .forwardAndBackward]
    return grid
  }

  /// 32,768 tokens of 16 heads in sequences of 512 to 32,768 tokens; fewer where the device would take longer than half a
  /// minute for them, as one short run shows.
  ///
  /// - Throws: `GPUError`.
  static func standardSizes(for device: Device) throws -> [BenchmarkSizes] {
    let heads = min(device.multiprocessors, 1024)
    let shape = try BatchShape(
      batch: 1, length: 512, keyHeads: heads, heads: heads, keyDimension: 128, valueDimension: 128)
    let plan = try DevicePlan(
      shape, on: device, using: .walk(.sixtyFour), storage: .bfloat16,
      precision: device.hasMatrixUnits ? .tf32 : .float32)
    let batch = try DeviceBatch(shape, .bfloat16, for: [.forward], on: device)
    var sampler = try DeviceSampler(behind: DeviceHold(device)) {
      try batch.run(.forward, plan, $0)
    }
    try sampler.sample()
    return standardSizes(
      secondsPerTokenAndHead: sampler.times.minimum * 1e-3 / shape.tokensAndHeads)
  }

  /// - Parameter seconds: of a forward pass, dk = dv = 128.
  static func standardSizes(secondsPerTokenAndHead seconds: Double) -> [BenchmarkSizes] {
    let choices = [(32768, 16), (8192, 16), (2048, 16), (2048, 4), (512, 4), (512, 1)]
    func lengths(_ tokens: Int) -> [Int] { [512, 2048, 8192, 32768].filter { $0 <= tokens } }
    // Two forms and two widths, forwards and four times as long backwards, 8 runs of each.
    let runs = 2.0 * 1.5 * 5 * 8
    let (tokens, heads) =
      choices.first { tokens, heads in
        Double(lengths(tokens).count * tokens * heads) * runs * seconds < 30
      } ?? choices[choices.count - 1]
    return lengths(tokens).map {
      BenchmarkSizes(lengths: [$0], batches: [tokens / $0], heads: [heads])
    }
  }
}
