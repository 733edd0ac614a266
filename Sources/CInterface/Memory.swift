internal import DeltaRule
internal import DeltaRuleCPU
internal import Glibc

/// Room for so many numbers, for `free`; nil for none.
func allocated<Number: KernelNumber>(
  _ count: Int, for what: String, _: Number.Type
) throws(CallError) -> UnsafeMutablePointer<Number>? {
  guard count > 0 else { return nil }
  guard let memory = malloc(count * MemoryLayout<Number>.stride) else {
    throw .outOfMemory("\(what), \(count) numbers")
  }
  return memory.bindMemory(to: Number.self, capacity: count)
}

/// Refuses what there is no memory for. Swift ends the process where it gets none.
func checkMemory(bytes: Int, for what: String) throws(CallError) {
  guard bytes > 0 else { return }
  let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard memory != MAP_FAILED else { throw .outOfMemory("\(what), \(bytes) bytes") }
  munmap(memory, bytes)
}

extension BatchShape {
  /// Numbers of workspace that a ``Plan`` takes, or some more; nil where they are more than ``mostNumbers``.
  func workspace(threads: Int, withGradient: Bool) -> Int? {
    let (dk, dv) = (keyDimension, valueDimension)
    guard let forward = product([threads, dk, dv + 256]) else { return nil }
    guard withGradient else { return forward }
    // As BackwardPlan shares it out: the parts of a key head that is computed at once have buffers of their own.
    let keyHeads = sequenceCount * self.keyHeads
    guard let backward = product([threads, dk + 128, 640]),
      let parts = product([heads / self.keyHeads, (dv + 63) / 64]),
      let buffers = product([
        max(threads, min(keyHeads, threads) * parts), longestSequence, 2 * dk + 1,
      ])
    else { return nil }
    return forward + backward + (parts == 1 ? 0 : buffers)
  }
}
