import DeltaRuleCPU
import Synchronization

/// `body` of each item on so many threads, each of which takes the next item when it is done; in the items' order.
func concurrently<Item: Sendable, Result: Sendable>(
  _ items: [Item], threads: Int, _ body: @Sendable (Item) throws -> Result
) throws -> [Result] {
  let next = Atomic(0)
  var results = [Swift.Result<Result, any Error>?](repeating: nil, count: items.count)
  results.withUnsafeMutableBufferPointer {
    nonisolated(unsafe) let results = $0
    let workers = min(threads, items.count)
    onThreads(workers, workers) { _, _ in
      while case let i = next.add(1, ordering: .relaxed).oldValue, i < items.count {
        results[i] = Swift.Result { try body(items[i]) }
      }
    }
  }
  return try results.compactMap { try $0?.get() }
}
