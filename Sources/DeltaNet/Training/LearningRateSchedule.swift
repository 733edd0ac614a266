import Glibc

/// The learning rate of each step: up from 0 in a straight line, then down along half a cosine.
public struct LearningRateSchedule: Equatable, Sendable {
  /// The highest.
  public let peak: Double
  /// Where the cosine ends, relative to the peak.
  public let end: Double
  /// The steps that go up, and all.
  public let (warmUp, steps): (Int, Int)

  /// - Precondition: 0 ≤ `warmUp` ≤ `steps`.
  public init(peak: Double, end: Double = 0, warmUp: Int, steps: Int) {
    precondition(0...steps ~= warmUp, "\(warmUp) of \(steps) steps cannot go up")
    (self.peak, self.end, self.warmUp, self.steps) = (peak, end, warmUp, steps)
  }

  /// That of step `step`, counted from 0.
  public func rate(ofStep step: Int) -> Double {
    if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
    let progress = min(1, Double(step - warmUp) / Double(max(1, steps - warmUp)))
    return peak * (end + (1 - end) * (1 + cos(.pi * progress)) / 2)
  }
}
