import DeltaRuleCPU
import Dispatch

/// A rate that is timed again and again.
struct RateSampler {
  private var sampler: Sampler
  private let amount: Double

  /// - Parameter work: what a thread does; it returns the operations or bytes that it was.
  init<Number: KernelNumber>(
    _ threads: [ThreadCalibration<Number>],
    _ work: @escaping @Sendable (borrowing Calibration<Number>) -> Int
  ) {
    amount = threads.reduce(0) { $0 + Double(work($1.calibration)) }
    sampler = Sampler(Stopwatch(threads: threads.count)) {
      if threads.count == 1 {
        _ = work(threads[0].calibration)
      } else {
        DispatchQueue.concurrentPerform(iterations: threads.count) {
          _ = work(threads[$0].calibration)
        }
      }
    }
  }

  mutating func sample() { sampler.sample() }

  /// In units of 10⁹ a second.
  ///
  /// - Precondition: there is a sample.
  var best: Double { amount / Samples(sampler.times).minimum * 1e-9 }
}

/// The calibration that one thread runs at a time.
final class ThreadCalibration<Number: KernelNumber>: @unchecked Sendable {
  let calibration: Calibration<Number>

  init(_ calibration: consuming Calibration<Number>) { self.calibration = calibration }
}
