/// Work that is timed again and again, so many times in a row that a sample takes 5 ms or more.
struct Sampler {
  private let stopwatch: Stopwatch
  private let work: () -> Void
  private let repetitions: Int
  /// Seconds of one run of the work, for each sample.
  private(set) var times: [Double] = []

  /// Runs the work until it is known how long it takes.
  init(_ stopwatch: Stopwatch, _ work: @escaping () -> Void) {
    self.stopwatch = stopwatch
    self.work = work
    work()
    var repetitions = 1
    while stopwatch.time({ Self.run(work, repetitions) }) < 5e-3 { repetitions *= 2 }
    self.repetitions = repetitions
  }

  mutating func sample() {
    times.append(stopwatch.time { Self.run(work, repetitions) } / Double(repetitions))
  }

  private static func run(_ work: () -> Void, _ repetitions: Int) {
    for _ in 0..<repetitions { work() }
  }
}
