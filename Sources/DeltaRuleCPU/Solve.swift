public import DeltaRule
public import Foundation

/// The delta rule on the processor: the outputs and final states of a batch.
///
/// Work is shared out by sequence and head, and by value columns where there are fewer of those than threads. No
/// result depends on the number of threads.
///
/// - Parameters:
///   - form: how it is computed.
///   - threads: how many threads work; by default as many as there are processors.
///   - instructionSet: by default the widest that the processor has.
/// - Precondition: the processor has the instruction set.
/// - Complexity: 6·dk·dv operations a token and head; a workspace of (dk + 128)·dv + 130·dk numbers a thread.
/// - Source: the paper, section 2.2, two tokens to a pass: `Proofs/README.md#chunkwise-solve` with chunks of two.
public func solve<Number: KernelNumber>(
  _ problem: BatchedProblem<Number>, using form: Form = .automatic,
  threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  instructionSet: InstructionSet = .best
) -> BatchedSolution<Number> {
  guard let kernels = Number.kernels(for: instructionSet) else {
    preconditionFailure("this processor has no \(instructionSet.rawValue)")
  }
  let batch = Batch(problem)
  let (dk, dv) = (problem.k.shape[3], problem.v.shape[3])
  let tokens = problem.v.shape[0] * problem.v.shape[1]
  let chosen =
    form == .automatic
    ? Form.chosen(length: tokens, sequences: problem.sequenceCount).form : form
  let shares = columnShares(
    of: dv, panelWidth: kernels.panelWidth, atLeast: threads, forHeads: batch.count)
  return batch.solving { head in
    onThreads(threads, batch.count * shares.count) { item in
      let (i, share) = item.quotientAndRemainder(dividingBy: shares.count)
      let columns = shares[share]
      if chosen == .decoding { return kernels.decode(head(i), columns) }
      // Panels lie on whole cache lines.
      let size = kernels.workspace(dk, columns.count)
      let bytes = size * MemoryLayout<Number>.stride
      let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      defer { workspace.deallocate() }
      kernels.forward(head(i), columns, workspace.bindMemory(to: Number.self, capacity: size))
    }
  }
}

/// The value columns in shares of whole panels, so many that every thread has some work.
private func columnShares(
  of columns: Int, panelWidth: Int, atLeast threads: Int, forHeads heads: Int
) -> [Range<Int>] {
  let panels = (columns + panelWidth - 1) / panelWidth
  let wanted = heads == 0 ? 1 : min(panels, (threads + heads - 1) / heads)
  let size = (panels + wanted - 1) / wanted * panelWidth
  return stride(from: 0, to: columns, by: size).map { $0..<min($0 + size, columns) }
}
