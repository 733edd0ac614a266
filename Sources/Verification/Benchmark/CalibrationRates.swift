import DeltaRuleCPU

/// What the processor does at most, as measured on as many threads as the kernels got.
public struct CalibrationRates: Equatable, Sendable {
  /// Of multiply-adds that stay in registers, in GFLOP/s.
  public var peak: Double
  /// Of the matrix product of OpenBLAS, n = 1024, in GFLOP/s; nil where that is missing.
  public var product: Double?
  /// Of numbers that are read and written, in GB/s.
  public var update: Double

  /// The better of each.
  func best(_ other: CalibrationRates) -> CalibrationRates {
    CalibrationRates(
      peak: max(peak, other.peak),
      product: product.flatMap { own in other.product.map { max(own, $0) } },
      update: max(update, other.update))
  }
}

/// The calibrations for one type of numbers, all timed in the same rounds.
struct CalibrationSampler {
  private var peak: RateSampler
  private var product: RateSampler?
  private var update: RateSampler

  init<Number: KernelNumber>(_: Number.Type, instructionSet: InstructionSet, threads: Int) {
    let each = (0..<threads).map { _ in
      ThreadCalibration(Calibration<Number>(instructionSet: instructionSet))
    }
    peak = RateSampler(each) { $0.peak() }
    product = OpenBLAS.isAvailable ? RateSampler(each) { $0.product() } : nil
    update = RateSampler(each) { $0.update() }
  }

  mutating func sample() {
    peak.sample()
    product?.sample()
    update.sample()
  }

  /// - Precondition: there is a sample.
  var rates: CalibrationRates {
    CalibrationRates(peak: peak.best, product: product?.best, update: update.best)
  }
}
