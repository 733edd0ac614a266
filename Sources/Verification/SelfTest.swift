public import DeltaRuleGPU

/// A device before the judge, on a machine that may have nothing else of this package: every law about it, at the widths of
/// models too, and how long its kernels take.
public struct SelfTest: Sendable {
  public let device: Device
  public let outcome: Verification.Outcome
  /// Nil of the emulator, which tells nothing about speed.
  public let times: Result<DeviceBenchmark.Outcome, any Error>?

  public var holds: Bool {
    if case .failure = times { false } else { outcome.holds }
  }

  /// - Parameters:
  ///   - seed: what every case is derived from.
  ///   - jobs: how many checks run at the same time.
  ///   - progress: called after each check with how many are done, and how many there are.
  public init(
    of device: Device, seed: UInt64, jobs: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    let laws = try await Law.laws(about: device, seed: seed, wide: true)
    let verification = try Verification(
      seed: seed, jobs: jobs, from: laws, about: device.deviceName)
    let outcome = await verification.run(progress: progress)
    self.init(
      device: device, outcome: outcome,
      times: device.deviceName == .emulated ? nil : Result { try Self.times(on: device) })
  }

  /// - Throws: `GPUError`. What was found before is told all the same.
  private static func times(on device: Device) throws -> DeviceBenchmark.Outcome {
    try DeviceBenchmark(DeviceGrid.standard(for: device).configurations(), on: device, rounds: 3)
      .run()
  }

  init(
    device: Device, outcome: Verification.Outcome,
    times: Result<DeviceBenchmark.Outcome, any Error>?
  ) {
    self.device = device
    self.outcome = outcome
    self.times = times
  }

  /// What is not checked on this device, and why.
  var leftOut: String? {
    device.uncheckedPrimitives.map { "left out: device primitives (DP), since \($0)" }
  }
}
