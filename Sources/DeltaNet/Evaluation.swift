public import DeltaRule
public import DeltaRuleCPU
public import FoundationEssentials

/// What a model is evaluated with.
public struct Evaluation<Number: KernelNumber>: Sendable {
  public let weights: Weights<Number>
  /// How DeltaNet layers compute the delta rule.
  public let rule: DeltaRuleMethod<Number>
  /// How many threads work. No result depends on it.
  public let threads: Int

  /// - Throws: ``MissingOpenBLAS``.
  public init(
    _ weights: Weights<Number>, rule: DeltaRuleMethod<Number>? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws(MissingOpenBLAS) {
    try OpenBLAS.useCallersThread()
    self.weights = weights
    self.rule = rule ?? .kernels(threads: threads)
    self.threads = threads
  }
}

/// A way to compute the delta rule, and its gradient.
public struct DeltaRuleMethod<Number: KernelNumber>: Sendable {
  typealias Pullback = (BatchedSolution<Number>) throws -> BatchedGradient<Number>

  let valueWithPullback:
    @Sendable (BatchedProblem<Number>) throws -> (
      value: BatchedSolution<Number>, pullback: Pullback
    )

  /// The kernels for the processor.
  public static func kernels(
    _ form: Form = .automatic, threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) -> DeltaRuleMethod {
    DeltaRuleMethod { DeltaRuleCPU.valueWithPullback($0, using: form, threads: threads) }
  }

  /// One of the paper's formulations, as it is written down.
  public static func formulation(
    _ formulation: Formulation<Number>, chunkLength: Int = 64
  ) -> DeltaRuleMethod {
    let kernel = Kernel(formulation)
    return DeltaRuleMethod { problem in
      (
        try kernel.solve(problem, chunkLength),
        { try kernel.gradient(problem, $0, chunkLength) }
      )
    }
  }
}

/// Turns a cotangent of a layer's result into one of its input, and adds up the gradient in its parameters.
typealias Pullback<Number: KernelNumber> =
  (Activations<Number>, inout ParameterGradient<Number>) throws -> Activations<Number>
