public import DeltaRule
public import FoundationEssentials

/// The delta rule on the processor: the outputs and final states of a batch.
///
/// Work is shared out by sequence and head, and by value columns where there are fewer of those than threads. No
/// result depends on the number of threads. For many batches of one shape a ``Plan`` keeps the workspace.
///
/// - Parameters:
///   - form: how it is computed.
///   - normalizingQueriesAndKeys: `use_qk_l2norm`.
///   - threads: how many threads work; by default as many as there are processors.
///   - instructionSet: by default the widest that the processor has.
/// - Precondition: the form is available, and the processor has the instruction set.
/// - Complexity: 6·dk·dv operations a token and head by the fused recurrence.
/// - Source: the paper, section 2.2, two tokens to a pass: `Proofs/ChunkwiseSolve.md#chunkwise-solve` with chunks of two.
public func solve<Number: KernelNumber>(
  _ problem: BatchedProblem<Number>, using form: Form = .automatic,
  normalizingQueriesAndKeys normalizes: Bool = false,
  threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  instructionSet: InstructionSet = .best
) -> BatchedSolution<Number> {
  let plan = Plan<Number>(
    problem.shape, using: form, normalizingQueriesAndKeys: normalizes, threads: threads,
    instructionSet: instructionSet)
  return plan.solve(problem, keepingResiduals: false).solution
}

/// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩ in the inputs of a batch, on the processor.
///
/// The forward pass is run for its residuals first; ``valueWithPullback(_:using:normalizingQueriesAndKeys:threads:instructionSet:)``
/// keeps them.
///
/// - Throws: ``ShapeError`` where the cotangent has another shape.
/// - Complexity: 20·dk·dv operations a token and head by the fused recurrence, 14 of them backwards; dv numbers of memory a token and head.
/// - Source: `Proofs/DecodeStep.md#decoding-backward`: states are built up forwards again, never taken apart.
public func gradient<Number: KernelNumber>(
  _ problem: BatchedProblem<Number>, _ cotangent: BatchedSolution<Number>,
  using form: Form = .automatic, normalizingQueriesAndKeys normalizes: Bool = false,
  threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  instructionSet: InstructionSet = .best
) throws -> BatchedGradient<Number> {
  try valueWithPullback(
    problem, using: form, normalizingQueriesAndKeys: normalizes, threads: threads,
    instructionSet: instructionSet
  ).pullback(cotangent)
}

/// The solution, and a closure that turns a cotangent of it into the gradient of the inputs.
///
/// - Returns: the value, and the pullback; that throws ``ShapeError`` where the cotangent does not have the value's shape.
public func valueWithPullback<Number: KernelNumber>(
  _ problem: BatchedProblem<Number>, using form: Form = .automatic,
  normalizingQueriesAndKeys normalizes: Bool = false,
  threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  instructionSet: InstructionSet = .best
) -> (
  value: BatchedSolution<Number>,
  pullback: (BatchedSolution<Number>) throws -> BatchedGradient<Number>
) {
  let plan = Plan<Number>(
    problem.shape, using: form, normalizingQueriesAndKeys: normalizes, threads: threads,
    instructionSet: instructionSet)
  let (solution, residuals) = plan.solve(problem, keepingResiduals: true)
  return (solution, { try plan.gradient(problem, residuals: residuals, $0) })
}
