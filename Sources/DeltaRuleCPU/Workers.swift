import Dispatch

/// Runs `work(worker, i)` for i in `0..<count` on so many threads. Which worker takes which i does not matter to the
/// results.
package func onThreads(_ threads: Int, _ count: Int, _ work: @Sendable (_ worker: Int, Int) -> Void)
{
  let workers = max(1, min(threads, count))
  if workers == 1 {
    for i in 0..<count { work(0, i) }
    return
  }
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    for i in stride(from: worker, to: count, by: workers) { work(worker, i) }
  }
}
