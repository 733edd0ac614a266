import DeltaRuleCPU
import Synchronization
import TensorFiles

extension Checkpoint {
  /// How long it takes to read all numbers from memory once: no token of one sequence can be faster.
  ///
  /// - Parameter threads: how many read at the same time.
  public func readingTime(threads: Int) -> Duration {
    let pieces = tensors.flatMap { tensor in
      blocks(of: tensor.shape[0], 64).map { tensor.rows($0) }
    }
    let sums = Atomic<UInt64>(0)
    return ContinuousClock().measure {
      onThreads(threads, pieces.count) { _, i in
        // Somebody has to want what is read.
        sums.bitwiseXor(pieces[i].touch(), ordering: .relaxed)
      }
    }
  }
}
