public import DeltaRuleCPU

/// Times the kernels for the processor.
///
/// Configurations of one shape and one type of numbers are timed in rounds: in each, every one of them runs once, and
/// so do the calibrations that they are held against. What would not fit into memory is left out.
public struct Benchmark: Sendable {
  public let configurations: [BenchmarkConfiguration]
  public let threads: Int
  public let rounds: Int
  public let instructionSet: InstructionSet
  /// Bytes that the tensors and workspaces of one shape may take.
  public let memoryLimit: Double

  /// What was measured.
  public struct Outcome: Sendable {
    public let machine: Machine
    public let threads: Int
    public let rounds: Int
    public let measurements: [BenchmarkMeasurement]
    /// The best of all rounds, for the numbers that were timed.
    public let calibration: [BenchmarkNumbers: CalibrationRates]
    public let leftOut: [LeftOut]

    public var growths: [Growth] { Growth.all(in: measurements) }
    public var crossovers: [Crossover] { Crossover.all(in: measurements) }

    /// Of the peak of multiply-adds, where that was calibrated.
    public func percentOfPeak(_ measurement: BenchmarkMeasurement) -> Double? {
      calibration[measurement.configuration.numbers].map { 100 * measurement.rate / $0.peak }
    }

    /// Of the rate of OpenBLAS's matrix product, where that was calibrated.
    public func percentOfProduct(_ measurement: BenchmarkMeasurement) -> Double? {
      calibration[measurement.configuration.numbers]?.product.map { 100 * measurement.rate / $0 }
    }
  }

  /// - Parameters:
  ///   - threads: how many threads a kernel gets.
  ///   - rounds: how often each configuration is timed.
  ///   - memoryLimit: bytes; by default 8 GiB, or half of what the machine has.
  /// - Precondition: the processor has the instruction set; there is one thread and one round at least.
  public init(
    _ configurations: [BenchmarkConfiguration], threads: Int, rounds: Int,
    instructionSet: InstructionSet = .best, memoryLimit: Double? = nil
  ) {
    precondition(threads >= 1 && rounds >= 1)
    self.configurations = configurations
    self.threads = threads
    self.rounds = rounds
    self.instructionSet = instructionSet
    self.memoryLimit = memoryLimit ?? BenchmarkGroup.limit
  }

  public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) -> Outcome {
    let (groups, leftOut) = BenchmarkGroup.groups(
      of: configurations, threads: threads, limit: memoryLimit)
    let total = groups.reduce(0) { $0 + $1.configurations.count } * rounds
    var done = 0
    var measurements: [BenchmarkMeasurement] = []
    var calibration: [BenchmarkNumbers: CalibrationRates] = [:]
    for group in groups {
      let next = {
        done += 1
        progress(done, total)
      }
      let (measured, rates) =
        switch group.numbers {
        case .f32: time(group, Float.self, next)
        case .f64: time(group, Double.self, next)
        }
      measurements += measured
      calibration[group.numbers] = calibration[group.numbers]?.best(rates) ?? rates
    }
    return Outcome(
      machine: Machine(instructionSet: instructionSet), threads: threads, rounds: rounds,
      measurements: measurements, calibration: calibration, leftOut: leftOut)
  }

  private func time<Number: KernelNumber>(
    _ group: BenchmarkGroup, _: Number.Type, _ next: () -> Void
  ) -> ([BenchmarkMeasurement], CalibrationRates) {
    let batch = BenchmarkBatch<Number>(group.shape, withGradients: group.hasGradients)
    // One plan serves all passes of a form.
    let plans = group.forms.map { form in
      (
        form: form,
        plan: Plan<Number>(
          group.shape, using: form, threads: threads, instructionSet: instructionSet)
      )
    }
    var samplers = group.configurations.flatMap { configuration in
      plans.filter { $0.form == configuration.form }.map {
        Sampler(Stopwatch(threads: threads), batch.work(configuration.pass, $0.plan))
      }
    }
    var calibration = CalibrationSampler(
      Number.self, instructionSet: instructionSet, threads: threads)
    var bandwidth =
      group.configurations.contains { $0.pass == .decode }
      ? stateBandwidth(group, Number.self) : nil
    for _ in 0..<rounds {
      calibration.sample()
      bandwidth?.sample()
      for i in samplers.indices {
        samplers[i].sample()
        next()
      }
    }
    let measurements = zip(group.configurations, samplers).map { configuration, sampler in
      BenchmarkMeasurement(
        configuration, seconds: sampler.times,
        bandwidth: configuration.pass == .decode ? bandwidth?.best : nil)
    }
    return (measurements, calibration.rates)
  }

  /// How fast numbers are read and written when they are as many as those of the states.
  private func stateBandwidth<Number: KernelNumber>(
    _ group: BenchmarkGroup, _: Number.Type
  ) -> RateSampler {
    let share = Int(group.shape.stateNumbers) / threads
    let each = (0..<threads).map { _ in
      ThreadCalibration(
        Calibration<Number>(
          instructionSet: instructionSet, productSize: 1, stateNumbers: max(16, share)))
    }
    return RateSampler(each) { $0.update() }
  }
}
