import Glibc

/// How time is taken: a single thread's by the processor time it gets, so that others do not count; several threads' by
/// the clock on the wall.
struct Stopwatch {
  private let clock: clockid_t

  init(threads: Int) { clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC }

  /// In seconds.
  func time(_ work: () throws -> Void) rethrows -> Double {
    let start = now()
    try work()
    return now() - start
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
