import DeltaRuleGPU

/// Work on a device that is timed again and again by the device's own clock, so many times in a row that a sample takes
/// 5 ms, or 32 times.
struct DeviceSampler {
  private let hold: DeviceHold
  private let work: (_ turn: Int) throws -> Void
  private let repetitions: Int
  /// How long the host takes to hand them over.
  private var hostMilliseconds = 0.0
  private var turn = 0
  /// Milliseconds of one run of the work, for each sample.
  private var milliseconds: [Double] = []

  /// Runs the work until all is compiled and it is known how long it takes.
  ///
  /// - Parameter work: what is put on the device's default stream; turn by turn other memory.
  init(behind hold: DeviceHold, _ work: @escaping (_ turn: Int) throws -> Void) throws {
    self.hold = hold
    self.work = work
    try work(0)
    try hold.stream.synchronize()
    let once = try hold.stream.milliseconds { try work(1) }
    repetitions = Int(min(32, max(1, (5 / max(once, 1e-3)).rounded(.up))))
    hostMilliseconds = try Stopwatch(threads: 2).time { try runs() } * 1e3
    try hold.stream.synchronize()
  }

  mutating func sample() throws {
    try hold.hold(milliseconds: min(20, 1.5 * hostMilliseconds))
    milliseconds.append(try hold.stream.milliseconds { try runs() } / Double(repetitions))
  }

  private mutating func runs() throws {
    for _ in 0..<repetitions {
      try work(turn)
      turn += 1
    }
  }

  /// In milliseconds.
  ///
  /// - Precondition: there is a sample.
  var times: Samples { Samples(milliseconds) }
}

/// Keeps a device waiting for one block that only multiplies, while the host hands over what is to be timed: what the host takes
/// for that is not in the device's time then.
struct DeviceHold {
  let stream: DeltaRuleGPU.Stream
  private let kernel: PeakKernel
  private let repetitionsPerMillisecond: Double

  init(_ device: Device) throws {
    stream = device.defaultStream
    kernel = try PeakKernel(.float32, on: device)
    repetitionsPerMillisecond = try kernel.repetitionsPerMillisecond(groups: 1, on: stream)
  }

  func hold(milliseconds: Double) throws {
    let repetitions = Int32(clamping: Int(milliseconds * repetitionsPerMillisecond))
    try kernel.launch(groups: 1, repetitions: repetitions, on: stream)
  }
}

extension PeakKernel {
  /// Found by runs that grow longer until they take a millisecond, after one that some drivers still compile in.
  func repetitionsPerMillisecond(
    groups: Int, on stream: DeltaRuleGPU.Stream
  ) throws -> Double {
    var repetitions: Int32 = 64
    try launch(groups: groups, repetitions: repetitions, on: stream)
    try stream.synchronize()
    while true {
      let time = try stream.milliseconds {
        try launch(groups: groups, repetitions: repetitions, on: stream)
      }
      if time >= 1 || repetitions >= 1 << 28 { return Double(repetitions) / max(time, 1e-3) }
      repetitions *= 4
    }
  }
}

extension DeltaRuleGPU.Stream {
  /// How long the device takes for what the body puts on the stream.
  func milliseconds(_ body: () throws -> Void) throws -> Double {
    let start = try record()
    try body()
    return try record().milliseconds(since: start)
  }
}
