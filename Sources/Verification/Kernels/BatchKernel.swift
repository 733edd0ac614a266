import DeltaRule
import DeltaRuleCPU

/// A kernel that computes batches in floating point: what the laws about kernels hold against the recurrence.
struct BatchKernel<Number: KernelNumber>: Sendable {
  typealias Pullback = (BatchedSolution<Number>) throws -> BatchedGradient<Number>

  /// How a case wants to be computed, as far as a kernel leaves that open.
  struct Wishes {
    var chunkLength = 4
    var threads = 1
    var normalizes = false
  }

  /// What tables, options and failure reports call it.
  let name: String
  /// How many tokens it takes together where a case asks for `chunkLength`; `.max` for all of them.
  let tokensTogether: @Sendable (_ chunkLength: Int) -> Int
  /// How its errors grow, and the chunk length that this is for.
  let growth: @Sendable (_ chunkLength: Int) -> (Cost.Error, chunkLength: Int)
  let loss: Loss
  let solve: @Sendable (BatchedProblem<Number>, Wishes) throws -> BatchedSolution<Number>
  let valueWithPullback:
    @Sendable (BatchedProblem<Number>, Wishes) throws -> (
      value: BatchedSolution<Number>, pullback: Pullback
    )
}
