public import DeltaRule
public import Foundation

/// How batches of one shape are computed: the form, how the work is shared out, and a workspace that is sized once.
///
/// Calls allocate nothing, but for what OpenBLAS may: ``solve(_:into:)`` never, ``gradient(_:residuals:into:)`` from the
/// second one on. Only one thread at a time may call a plan.
public final class Plan<Number: KernelNumber> {
  public let shape: BatchShape
  /// How it computes; never ``Form/automatic``.
  public let form: Form
  public let threads: Int
  let normalizes: Bool
  let kernel: HeadKernel<Number>
  private let shares: Pieces
  private let workspace: Workspace<Number>
  private lazy var backward = BackwardPlan(self)

  /// - Parameters:
  ///   - form: how to compute.
  ///   - normalizes: `use_qk_l2norm`.
  ///   - threads: how many threads work.
  /// - Precondition: the processor has the instruction set.
  /// - Complexity: about dk·dv + 130·dk numbers of workspace a thread for the fused recurrence, C·(C + 2·dk + dv) by
  ///   chunks.
  public init(
    _ shape: BatchShape, using form: Form = .automatic,
    normalizingQueriesAndKeys normalizes: Bool = false,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    instructionSet: InstructionSet = .best
  ) {
    guard let compiled = Number.compiledKernels(for: instructionSet) else {
      preconditionFailure("this processor has no \(instructionSet.rawValue)")
    }
    self.shape = shape
    self.form = form == .automatic ? Form.chosen(for: shape).form : form
    self.threads = max(1, threads)
    self.normalizes = normalizes
    let kernel: HeadKernel<Number> = self.form.kernel(for: shape, compiled)
    self.kernel = kernel
    shares = columnShares(
      of: shape.valueDimension, width: kernel.panelWidth ?? shape.valueDimension,
      atLeast: self.threads, for: shape.stateCount)
    workspace = Workspace(
      workers: self.threads, numbers: shares.map { kernel.space($0.count) }.max() ?? 0)
  }

  /// The outputs and final states.
  ///
  /// - Parameters:
  ///   - inputs: in the shape of the plan.
  ///   - outputs: nothing of them may overlap another or an input, but that the final state may be the initial one.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func solve(_ inputs: Inputs<Number>, into outputs: Outputs<Number>) {
    let run = Run(plan: self, inputs: inputs, outputs: outputs)
    let (shares, workspace) = (shares, workspace)
    onThreads(threads, shape.stateCount * shares.count) { worker, item in
      let (i, share) = item.quotientAndRemainder(dividingBy: shares.count)
      run.forward(i, shares[share], workspace[worker])
    }
  }

  /// The gradient in every input.
  ///
  /// - Parameters:
  ///   - residuals: those that ``solve(_:into:)`` wrote.
  ///   - gradients: nothing that is written may overlap another or an input.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func gradient(
    _ inputs: Inputs<Number>, residuals: TensorPointer<Number>, into gradients: Gradients<Number>
  ) {
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
      q: place.rows(inputs.q, ofKeys: true), k: place.rows(inputs.k, ofKeys: true),
      v: place.rows(inputs.v), beta: place.rows(inputs.beta), hasVectorBeta: shape.hasVectorBeta,
      normalizes: normalizes, scale: inputs.scale,
      initialState: inputs.initialState.map { $0 + state }, o: place.rows(outputs.o),
      finalState: outputs.finalState.map { $0 + state }, residuals: place.rows(outputs.residuals))
  }
}

/// Where a head of a sequence lies in a batch.
struct Place {
  private let batch: Int
  private let tokens: Range<Int>
  private let head: Int
  private let keyHead: Int

  init(_ index: Int, in shape: BatchShape) {
    let (sequence, head) = index.quotientAndRemainder(dividingBy: shape.heads)
    (batch, tokens) = shape.location(ofSequence: sequence)
    (self.head, keyHead) = (head, shape.keyHead(of: head))
  }

  var length: Int { tokens.count }

  func rows<Number>(_ x: TensorPointer<Number>, ofKeys: Bool = false) -> Rows<Number> {
    x.rows(batch: batch, token: tokens.lowerBound, head: ofKeys ? keyHead : head)
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
  let wanted = heads == 0 ? 1 : min(panels, (threads + heads - 1) / heads)
  return Pieces(of: columns, size: (panels + wanted - 1) / wanted * width)
}
