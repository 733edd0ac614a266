import DeltaRuleCPU

/// y_t = Σ_j w_j ∘ x_{t−W+1+j} + b: every channel by itself, over the last W tokens of its sequence.
struct ShortConvolution: Sendable {
  /// [channels, 1, W].
  let weight: Parameter
  let bias: Bias?

  private var channels: Int { weight.shape[0] }
  private var width: Int { weight.shape[2] }

  /// - Parameter state: the W − 1 tokens before these of each sequence; afterwards those before what comes next. No gradient goes
  ///   to them.
  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>,
    _ state: inout [ConvolutionState<Number>]
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (channels, width, sequences) = (channels, width, state.count)
    let length = x.rows / sequences
    let taps = evaluation.weights.withNumbers(of: weight) { w in
      (0..<width).map { j in (0..<channels).map { w[$0 * width + j] } }
    }
    // Each sequence behind what came before it: token t of it is row t + W − 1.
    let inputs = state.indices.map { n in
      state[n].tokens + x.elements[n * length * channels..<(n + 1) * length * channels]
    }
    for n in state.indices { state[n].tokens = Array(inputs[n].suffix((width - 1) * channels)) }

    let value = Activations<Number>(rows: x.rows, columns: channels) { y in
      y.initialize(repeating: 0, count: x.rows * channels)
      for (n, input) in inputs.enumerated() {
        input.withUnsafeBufferPointer { x in
          for t in 0..<length {
            let y = y + (n * length + t) * channels
            for j in 0..<width { addProduct(taps[j], x.baseAddress! + (t + j) * channels, to: y) }
          }
        }
      }
      bias?.add(to: y, rows: x.rows, evaluation.weights)
    }
    return (
      value,
      { dy, gradient in
        var dx = [Number](repeating: 0, count: x.rows * channels)
        var dtaps = taps.map { [Number](repeating: 0, count: $0.count) }
        dy.withPointer { dy in
          for (n, input) in inputs.enumerated() {
            input.withUnsafeBufferPointer { x in
              for t in 0..<length {
                let dy = dy + (n * length + t) * channels
                for j in 0..<width {
                  dtaps[j].withUnsafeMutableBufferPointer {
                    addProduct(
                      x.baseAddress! + (t + j) * channels, dy, channels, to: $0.baseAddress!)
                  }
                  let source = t + j - (width - 1)
                  if source < 0 { continue }
                  dx.withUnsafeMutableBufferPointer {
                    addProduct(taps[j], dy, to: $0.baseAddress! + (n * length + source) * channels)
                  }
                }
              }
            }
          }
        }
        gradient.withNumbers(of: weight) { dw in
          for j in 0..<width {
            for channel in 0..<channels { dw[channel * width + j] += dtaps[j][channel] }
          }
        }
        bias?.addGradient(dy, to: &gradient)
        return Activations(dx, columns: channels)
      }
    )
  }

  private func addProduct<Number: KernelNumber>(
    _ a: [Number], _ b: UnsafePointer<Number>, to y: UnsafeMutablePointer<Number>
  ) {
    a.withUnsafeBufferPointer { addProduct($0.baseAddress!, b, $0.count, to: y) }
  }

  /// y += a ∘ b.
  private func addProduct<Number: KernelNumber>(
    _ a: UnsafePointer<Number>, _ b: UnsafePointer<Number>, _ count: Int,
    to y: UnsafeMutablePointer<Number>
  ) {
    for i in 0..<count { y[i] += a[i] * b[i] }
  }
}

/// The last W − 1 tokens that a convolution of one sequence has seen.
struct ConvolutionState<Number: KernelNumber>: Equatable, Sendable {
  fileprivate(set) var tokens: [Number]

  /// Nothing but zeros.
  init(channels: Int, width: Int) {
    tokens = Array(repeating: 0, count: (width - 1) * channels)
  }
}
