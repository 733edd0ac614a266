import DeltaRule
import DeltaRuleCPU

/// The tensors of one shape in memory, [B, L, H, D] without gaps, and the passes that run on them.
///
/// Keys are unit vectors and β lies between 0 and 1, so that no state overflows or fades away.
final class BenchmarkBatch<Number: KernelNumber> {
  private let memory: TensorMemory<Number>
  private let inputs: Inputs<Number>
  private let outputs: Outputs<Number>
  private let gradients: Gradients<Number>?

  init(_ shape: BatchShape, withGradients: Bool) {
    let memory = TensorMemory<Number>()
    let (keys, values, strengths, states) = (
      shape.keys, shape.values, shape.strengths, shape.states
    )
    func tensor(_ shape: [Int], _ fill: (UnsafeMutablePointer<Number>, Int) -> Void)
      -> TensorPointer<Number>
    {
      TensorPointer(memory.take(shape, fill), contiguous: shape)
    }
    var numbers = RandomNumbers()
    func signed(_ start: UnsafeMutablePointer<Number>, _ count: Int) {
      numbers.signed(UnsafeMutableBufferPointer(start: start, count: count))
    }
    func fractions(_ start: UnsafeMutablePointer<Number>, _ count: Int) {
      numbers.fractions(UnsafeMutableBufferPointer(start: start, count: count))
    }
    func units(_ start: UnsafeMutablePointer<Number>, _ count: Int) {
      numbers.units(
        UnsafeMutableBufferPointer(start: start, count: count), width: shape.keyDimension)
    }
    func zeros(_ start: UnsafeMutablePointer<Number>, _ count: Int) {
      start.update(repeating: 0, count: count)
    }

    self.memory = memory
    inputs = Inputs(
      q: tensor(keys, units), k: tensor(keys, units), v: tensor(values, signed),
      beta: tensor(strengths, fractions), scale: 1 / Number(shape.keyDimension).squareRoot(),
      initialState: UnsafePointer(memory.take(states, signed)))
    outputs = Outputs(
      o: tensor(values, zeros), finalState: memory.take(states, signed),
      residuals: withGradients ? tensor(values, zeros) : .none)
    gradients =
      withGradients
      ? Gradients(
        dO: tensor(values, signed), dFinalState: UnsafePointer(memory.take(states, signed)),
        dq: tensor(keys, zeros), dk: tensor(keys, zeros), dv: tensor(values, zeros),
        dbeta: tensor(strengths, zeros), dInitialState: memory.take(states, zeros)) : nil
  }

  /// What a pass does, ready to be timed.
  ///
  /// - Precondition: the batch has gradients if the pass has.
  func work(_ pass: BenchmarkPass, _ plan: Plan<Number>) -> () -> Void {
    var (inputs, outputs) = (inputs, outputs)
    switch pass {
    case .forward:
      outputs.residuals = .none
    case .decode:
      outputs.residuals = .none
      inputs.initialState = outputs.finalState.map { UnsafePointer($0) }
    case .backward, .forwardAndBackward:
      guard let gradients else { preconditionFailure("a batch without gradients") }
      if pass == .backward { plan.solve(inputs, into: outputs) }
      return { [inputs, outputs, self] in
        withExtendedLifetime(self) {
          if pass == .forwardAndBackward { plan.solve(inputs, into: outputs) }
          plan.gradient(inputs, residuals: outputs.residuals, into: gradients)
        }
      }
    }
    return { [inputs, outputs, self] in
      withExtendedLifetime(self) { plan.solve(inputs, into: outputs) }
    }
  }
}

/// Memory for tensors, on whole cache lines.
private final class TensorMemory<Number> {
  private var tensors: [UnsafeMutableRawPointer] = []

  deinit { for tensor in tensors { tensor.deallocate() } }

  func take(
    _ shape: [Int], _ fill: (UnsafeMutablePointer<Number>, Int) -> Void
  ) -> UnsafeMutablePointer<Number> {
    let count = shape.reduce(1, *)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Number>.stride, alignment: 64)
    tensors.append(memory)
    let start = memory.bindMemory(to: Number.self, capacity: count)
    fill(start, count)
    return start
  }
}
