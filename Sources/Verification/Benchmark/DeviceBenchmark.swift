import DeltaRule
public import DeltaRuleGPU

/// Times the kernels of a device.
///
/// Configurations of one shape and one storage are timed in rounds: in each, every one of them runs, and so do the limits that
/// they are held against. What does not fit the device is left out.
public struct DeviceBenchmark: Sendable {
  public let configurations: [DeviceConfiguration]
  public let device: Device
  public let rounds: Int
  /// Bytes that the tensors and workspaces of one shape may take.
  public let memoryLimit: Double

  /// What was measured.
  public struct Outcome: Sendable {
    public let device: Device
    public let rounds: Int
    public let measurements: [DeviceMeasurement]
    /// The best of all rounds; nil where all was left out.
    public let rates: DeviceRates?
    public let leftOut: [DeviceLeftOut]

    /// Of the rate of a copy.
    public func percentOfCopy(_ measurement: DeviceMeasurement) -> Double? {
      rates.map { 100 * measurement.bandwidth / $0.copy }
    }

    /// Of the rate of products that stay in registers.
    public func percentOfProducts(_ measurement: DeviceMeasurement) -> Double? {
      rates?.products[measurement.products].map { 100 * measurement.rate / $0 }
    }

    /// How many times as long it took as a copy of as many bytes.
    public func timesCopy(_ measurement: DeviceMeasurement) -> Double? {
      percentOfCopy(measurement).map { 100 / $0 }
    }
  }

  /// - Parameters:
  ///   - rounds: how often each configuration is timed.
  ///   - memoryLimit: bytes; by default half of what the device has, or of the host's where it does not tell.
  /// - Precondition: there is one round at least.
  public init(
    _ configurations: [DeviceConfiguration], on device: Device, rounds: Int,
    memoryLimit: Double? = nil
  ) {
    precondition(rounds >= 1)
    self.configurations = configurations
    self.device = device
    self.rounds = rounds
    self.memoryLimit =
      memoryLimit ?? device.memory.map { Double($0) / 2 } ?? BenchmarkGroup.limit
  }

  /// - Throws: `GPUError`, where the device or a driver fails, or has no products as asked for.
  public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> Outcome {
    let hold = try DeviceHold(device)
    var limits = try DeviceRatesSampler(on: device, behind: hold)
    let room = memoryLimit - Double(DeviceRatesSampler.bytes(on: device))
    let total = configurations.count * rounds
    var done = 0
    var measurements: [DeviceMeasurement] = []
    var leftOut: [DeviceLeftOut] = []
    for group in DeviceGroup.groups(of: configurations) {
      var (runs, left) = try group.runs(on: device, behind: hold, room: room)
      leftOut += left
      done += left.count * rounds
      guard !runs.isEmpty else { continue }
      for _ in 0..<rounds {
        try limits.sample()
        for i in runs.indices {
          try runs[i].sampler.sample()
          done += 1
          progress(done, total)
        }
      }
      measurements += runs.map(\.measurement)
    }
    return Outcome(
      device: device, rounds: rounds, measurements: measurements,
      rates: measurements.isEmpty ? nil : limits.rates, leftOut: leftOut)
  }
}

/// A configuration that does not fit the device, and is not timed.
public struct DeviceLeftOut: Equatable, Sendable {
  public let configuration: DeviceConfiguration
  /// Bytes that it would take, beside what is timed together with it; nil where that is not why.
  public let needed: Double?
  public let reason: String
}
