/// Room for numbers, on whole cache lines, for each of some workers.
final class Workspace<Number: KernelNumber>: @unchecked Sendable {
  private let memory: UnsafeMutableRawPointer
  private let share: Int

  /// - Parameter numbers: for one worker.
  init(workers: Int, numbers: Int) {
    share = (numbers * MemoryLayout<Number>.stride + 63) / 64 * 64
    memory = .allocate(byteCount: workers * share, alignment: 64)
  }

  deinit { memory.deallocate() }

  subscript(worker: Int) -> UnsafeMutablePointer<Number> {
    (memory + worker * share).assumingMemoryBound(to: Number.self)
  }
}
