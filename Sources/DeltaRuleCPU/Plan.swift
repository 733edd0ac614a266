public import DeltaRule
public import FoundationEssentials

/// How batches of one shape are computed: the form, how the work is shared out, and a workspace that is sized once.
///
/// On one thread calls allocate nothing, but for what OpenBLAS may: ``solve(_:into:)`` never,
/// ``gradient(_:residuals:into:)`` from the second one on; on several, what Dispatch needs to start them. Only one thread at a
/// time may call a plan.
public final class Plan<Number: KernelNumber> {
  public let shape: BatchShape
  /// How it computes; never ``Form/automatic``.
  public let form: Form
  public let threads: Int
  let normalizes: Bool
  let kernel: HeadKernel<Number>
  private let shares: Pieces
  private let workers: Int
  private let workspace: Workspace<Number>
  private lazy var backward = BackwardPlan(self)

  /// - Parameters:
  ///   - form: how to compute.
  ///   - normalizes: `use_qk_l2norm`.
  ///   - threads: how many threads work; where there is less work, fewer.
  /// - Precondition: the form is available, and the processor has the instruction set.
  /// - Complexity: a workspace a thread: (dk + 16)·dv + 130·dk numbers for the fused recurrence, 2·C·(C + dk + dv) by chunks,
  ///   and for their gradient about as much again, with 2·C·L by chunks. Where value heads share a key head, or dv is above
  ///   128, gradients also take 2·dk + 1 numbers a token of the longest sequence for each thread.
  public init(
    _ shape: BatchShape, using form: Form = .automatic,
    normalizingQueriesAndKeys normalizes: Bool = false,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    instructionSet: InstructionSet = .best
  ) {
    guard let compiled = Number.library.compiledKernels(for: instructionSet) else {
      preconditionFailure("this processor has no \(instructionSet.rawValue)")
    }
    self.shape = shape
    self.form = form == .automatic ? Form.chosen(for: shape).form : form
    self.normalizes = normalizes
    let kernel: HeadKernel<Number> = self.form.kernel(for: shape, compiled)
    self.kernel = kernel
    shares = columnShares(
      of: shape.valueDimension, width: kernel.panelWidth ?? shape.valueDimension,
      atLeast: threads, for: shape.stateCount)
    self.threads = max(1, threads)
    workers = max(1, min(threads, shape.stateCount * shares.count))
    workspace = Workspace(
      workers: workers, numbers: shares.map { kernel.space($0.count) }.max() ?? 0)
  }

  /// The outputs and final states.
  ///
  /// - Parameters:
  ///   - inputs: in the shape of the plan.
  ///   - outputs: nothing of them may overlap another or an input, but that the final state may be the initial one.
  /// - Precondition: the final states have a place, and rows do not overlap: a token's lie at least their width, and less
  ///   than 2³¹ numbers, apart.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func solve(_ inputs: Inputs<Number>, into outputs: Outputs<Number>) {
    precondition(shape.stateCount == 0 || outputs.finalState != nil, "final states have no place")
    let run = Run(plan: self, inputs: inputs, outputs: outputs)
    let (shares, workspace) = (shares, workspace)
    onThreads(workers, shape.stateCount * shares.count) { worker, item in
      let (i, share) = item.quotientAndRemainder(dividingBy: shares.count)
      run.forward(i, shares[share], workspace[worker])
    }
  }

  /// The gradient in every input.
  ///
  /// - Parameters:
  ///   - inputs: as ``solve(_:into:)`` read them; a final state must not have been written over the initial one.
  ///   - residuals: those that ``solve(_:into:)`` wrote.
  ///   - gradients: nothing that is written may overlap another or an input.
  /// - Precondition: the gradients of the initial states have a place, and rows do not overlap.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func gradient(
    _ inputs: Inputs<Number>, residuals: TensorPointer<Number>, into gradients: Gradients<Number>
  ) {
    precondition(
      shape.stateCount == 0 || gradients.dInitialState != nil,
      "the gradients of initial states have no place")
    // No kernel writes an output or final state backwards.
    let outputs = Outputs<Number>(o: .none, finalState: nil, residuals: residuals)
    backward.run(Run(plan: self, inputs: inputs, outputs: outputs), gradients)
  }
}

/// A call of a plan, taken apart into heads.
struct Run<Number: KernelNumber>: @unchecked Sendable {
  let shape: BatchShape
  let normalizes: Bool
  let kernel: HeadKernel<Number>
  let inputs: Inputs<Number>
  let outputs: Outputs<Number>

  init(plan: Plan<Number>, inputs: Inputs<Number>, outputs: Outputs<Number>) {
    (shape, normalizes, kernel) = (plan.shape, plan.normalizes, plan.kernel)
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  func forward(_ index: Int, _ columns: Range<Int>, _ space: UnsafeMutablePointer<Number>) {
    kernel.forward(head(index), columns, space)
  }

  /// Head `index` of the batch, sequence after sequence.
  func head(_ index: Int) -> Head<Number> {
    let place = Place(index, in: shape)
    let state = index * shape.keyDimension * shape.valueDimension
    return Head(
      length: place.length, keyDimension: shape.keyDimension, valueDimension: shape.valueDimension,
      q: place.keys(inputs.q), k: place.keys(inputs.k), v: place.values(inputs.v),
      beta: place.strengths(inputs.beta), hasVectorBeta: shape.hasVectorBeta,
      normalizes: normalizes, scale: inputs.scale,
      initialState: inputs.initialState.map { $0 + state }, o: place.values(outputs.o),
      finalState: outputs.finalState.map { $0 + state },
      residuals: place.values(outputs.residuals))
  }
}

/// Where a head of a sequence lies in a batch.
struct Place {
  private let batch: Int
  private let tokens: Range<Int>
  private let head: Int
  private let keyHead: Int
  private let shape: BatchShape

  init(_ index: Int, in shape: BatchShape) {
    self.shape = shape
    let (sequence, head) = index.quotientAndRemainder(dividingBy: shape.heads)
    (batch, tokens) = shape.location(ofSequence: sequence)
    (self.head, keyHead) = (head, shape.keyHead(of: head))
  }

  var length: Int { tokens.count }

  func keys<Number>(_ x: TensorPointer<Number>) -> Rows<Number> {
    rows(x, head: keyHead, width: shape.keyDimension)
  }

  func values<Number>(_ x: TensorPointer<Number>) -> Rows<Number> {
    rows(x, head: head, width: shape.valueDimension)
  }

  func strengths<Number>(_ x: TensorPointer<Number>) -> Rows<Number> {
    rows(x, head: head, width: shape.hasVectorBeta ? shape.valueDimension : 1)
  }

  private func rows<Number>(_ x: TensorPointer<Number>, head: Int, width: Int) -> Rows<Number> {
    guard let start = x.start else { return Rows(start: nil, stride: width) }
    // How far a single row lies from the next one means nothing.
    let stride = length > 1 ? x.tokenStride : width
    precondition(width...Int(Int32.max) ~= stride, "rows of tokens overlap, or lie too far apart")
    let offset = batch * x.batchStride + tokens.lowerBound * x.tokenStride + head * x.headStride
    return Rows(start: start + offset, stride: stride)
  }
}

extension BatchShape {
  /// N·H.
  var stateCount: Int { sequenceCount * heads }
}

/// Columns in shares of whole panels, so many that every thread has some work.
func columnShares(
  of columns: Int, width: Int, atLeast threads: Int, for heads: Int
) -> Pieces {
  let panels = (columns + width - 1) / width
  let wanted = heads == 0 || threads <= heads ? 1 : min(panels, (threads - 1) / heads + 1)
  return Pieces(of: columns, size: (panels + wanted - 1) / wanted * width)
}
