import CDeltaKernels
import DeltaRule

/// How the gradient of a batch is shared out.
///
/// Value heads that read one key head, and groups of value columns, are parts that add up to its dq and dk. The first
/// writes them; the others write into buffers, which are added in order, so that no result depends on the number of threads.
final class BackwardPlan<Number: KernelNumber> {
  private let shape: BatchShape
  private let threads: Int
  private let groups: Pieces
  private let parts: Int
  private let partsAtOnce: Bool
  private let workspace: Workspace<Number>
  private let buffers: Workspace<Number>

  init(_ plan: Plan<Number>) {
    let (shape, kernel) = (plan.shape, plan.kernel)
    let keyHeads = shape.sequenceCount * shape.keyHeads
    // By the shape alone: a single key head is split finer, so that there is work for more threads than one.
    let most = delta_backward_columns
    let groups = Pieces(of: shape.valueDimension, size: keyHeads == 1 ? most / 2 : most)
    (self.shape, self.groups) = (shape, groups)
    parts = shape.heads / shape.keyHeads * groups.count
    partsAtOnce = keyHeads < plan.threads && parts > 1
    let items = partsAtOnce ? keyHeads * parts : keyHeads
    threads = max(1, min(plan.threads, items))
    workspace = Workspace(
      workers: threads, numbers: groups.map { kernel.backwardSpace($0.count) }.max() ?? 0)
    buffers = Workspace(
      workers: parts == 1 ? 0 : partsAtOnce ? items : threads,
      numbers: shape.longestSequence * (2 * shape.keyDimension + 1))
  }

  func run(_ run: Run<Number>, _ gradients: Gradients<Number>) {
    let (shape, parts, workspace, buffers) = (shape, parts, workspace, buffers)
    let call = BackwardRun(run: run, gradients: gradients, groups: groups)
    if partsAtOnce {
      onThreads(threads, shape.sequenceCount * shape.keyHeads * parts) { worker, item in
        let (keyHead, part) = item.quotientAndRemainder(dividingBy: parts)
        call.compute(part, of: keyHead, workspace[worker], part == 0 ? nil : buffers[item])
      }
      onThreads(threads, shape.sequenceCount * shape.keyHeads) { _, keyHead in
        for part in 1..<parts { call.add(part, of: keyHead, buffers[keyHead * parts + part]) }
      }
    } else {
      onThreads(threads, shape.sequenceCount * shape.keyHeads) { worker, keyHead in
        call.compute(0, of: keyHead, workspace[worker], nil)
        for part in 1..<parts {
          call.compute(part, of: keyHead, workspace[worker], buffers[worker])
          call.add(part, of: keyHead, buffers[worker])
        }
      }
    }
  }
}

/// A call, taken apart into the parts of key heads.
private struct BackwardRun<Number: KernelNumber>: @unchecked Sendable {
  let run: Run<Number>
  let gradients: Gradients<Number>
  let groups: Pieces

  private var shape: BatchShape { run.shape }

  /// The value head and the columns of a part.
  private func place(_ part: Int, of keyHead: Int) -> (index: Int, group: Int) {
    let (head, group) = part.quotientAndRemainder(dividingBy: groups.count)
    return (keyHead * (shape.heads / shape.keyHeads) + head, group)
  }

  /// Computes a part: into the gradients, or its dq, dk and dβ into a buffer.
  func compute(
    _ part: Int, of keyHead: Int, _ space: UnsafeMutablePointer<Number>,
    _ buffer: UnsafeMutablePointer<Number>?
  ) {
    let (index, group) = place(part, of: keyHead)
    let head = run.head(index)
    var gradient = self.gradient(index)
    if let buffer {
      let part = Buffered(buffer, head)
      (gradient.dq, gradient.dk) = (part.dq, part.dk)
      if group > 0, !shape.hasVectorBeta { gradient.dbeta = part.dbeta }
    }
    run.kernel.backward(head, gradient, groups[group], space)
  }

  /// Adds a part that was put into a buffer.
  func add(_ part: Int, of keyHead: Int, _ buffer: UnsafeMutablePointer<Number>) {
    let (index, group) = place(part, of: keyHead)
    let (gradient, head) = (self.gradient(index), run.head(index))
    let part = Buffered(buffer, head)
    for t in 0..<head.length {
      Number.library.add(part.dq[t], to: gradient.dq[t], count: head.keyDimension)
      Number.library.add(part.dk[t], to: gradient.dk[t], count: head.keyDimension)
      if group > 0, !shape.hasVectorBeta { gradient.dbeta[t][0] += part.dbeta[t][0] }
    }
  }

  private func gradient(_ index: Int) -> HeadGradient<Number> {
    let place = Place(index, in: shape)
    let state = index * shape.keyDimension * shape.valueDimension
    return HeadGradient(
      dO: place.values(gradients.dO), dFinalState: gradients.dFinalState.map { $0 + state },
      dq: place.keys(gradients.dq), dk: place.keys(gradients.dk), dv: place.values(gradients.dv),
      dbeta: place.strengths(gradients.dbeta),
      dInitialState: gradients.dInitialState.map { $0 + state })
  }
}

/// Where a part's dq, dk and dβ lie in a buffer.
private struct Buffered<Number: KernelNumber> {
  let dq: Rows<Number>
  let dk: Rows<Number>
  let dbeta: Rows<Number>

  init(_ buffer: UnsafeMutablePointer<Number>, _ head: Head<Number>) {
    let keys = head.length * head.keyDimension
    dq = Rows(start: buffer, stride: head.keyDimension)
    dk = Rows(start: buffer + keys, stride: head.keyDimension)
    dbeta = Rows(start: buffer + 2 * keys, stride: 1)
  }
}
