import Dispatch

/// Runs `work(i)` for i in `0..<count` on so many threads. Which thread takes which i does not matter to the results.
func onThreads(_ threads: Int, _ count: Int, _ work: @Sendable (Int) -> Void) {
  let workers = max(1, min(threads, count))
  guard workers > 1 else { return (0..<count).forEach(work) }
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    for i in stride(from: worker, to: count, by: workers) { work(i) }
  }
}
