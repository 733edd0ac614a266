/// `work` for every item, `jobs` at a time; the results in the order of the items.
func concurrently<Item: Sendable, Result: Sendable>(
  _ items: [Item], jobs: Int, progress: (_ done: Int, _ total: Int) -> Void,
  _ work: @escaping @Sendable (Item) async -> Result
) async -> [Result] {
  var results = [Result?](repeating: nil, count: items.count)
  await withTaskGroup(of: (Int, Result).self) { group in
    var waiting = items.enumerated().makeIterator()
    func startNext() {
      guard let (index, item) = waiting.next() else { return }
      group.addTask { (index, await work(item)) }
    }
    for _ in 0..<min(max(1, jobs), items.count) { startNext() }
    var done = 0
    for await (index, result) in group {
      results[index] = result
      done += 1
      progress(done, items.count)
      startNext()
    }
  }
  return results.compactMap { $0 }
}
