import DeltaRule
import DeltaRuleCPU

/// A DeltaNet layer: q, k, v and β of each token, the delta rule, or what a baseline has in its place, a norm, and the way back
/// to d.
///
///   q, k = norm(f(conv(x W)))     v = silu(conv(x W_v))     β = σ(x W_β)     y = rmsnorm(o) W_o
///
/// - Source: the paper, section 3.3 and figure 4.
struct DeltaNetMixer: Sendable {
  private let configuration: Configuration
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let strength: Linear?
  private let decay: Decay?
  private let convolutions: (q: ShortConvolution, k: ShortConvolution, v: ShortConvolution)?
  private let gate: Linear?
  private let norm: RMSNorm
  private let output: Linear

  init(_ configuration: Configuration, _ name: String, in table: inout ParameterTable) {
    let c = configuration
    self.configuration = c
    let (d, keys, values) = (c.hiddenSize, c.keyWidth, c.valueWidth)
    func convolution(_ letter: String, _ channels: Int) -> ShortConvolution {
      ShortConvolution(
        weight: table.matrix("\(name).\(letter)_conv1d.weight", channels, 1, c.convolutionSize),
        bias: c.convolutionHasBias
          ? Bias(parameter: table.bias("\(name).\(letter)_conv1d.bias", channels)) : nil)
    }
    query = Linear(table.matrix("\(name).q_proj.weight", keys, d))
    key = Linear(table.matrix("\(name).k_proj.weight", keys, d))
    value = Linear(table.matrix("\(name).v_proj.weight", values, d))
    strength = c.usesBeta ? Linear(table.matrix("\(name).b_proj.weight", c.headCount, d)) : nil
    decay = c.memory == .gatedLinear ? Decay(c, name, in: &table) : nil
    convolutions =
      c.usesShortConvolution
      ? (convolution("q", keys), convolution("k", keys), convolution("v", values)) : nil
    gate = c.usesGate ? Linear(table.matrix("\(name).g_proj.weight", values, d)) : nil
    norm = RMSNorm(
      weight: table.factors("\(name).o_norm.weight", c.valueDimension), epsilon: c.normEpsilon)
    output = Linear(table.matrix("\(name).o_proj.weight", d, values))
  }

  /// - Parameter state: what tokens before these left; afterwards these, too. No gradient goes to it.
  /// - Throws: what the rule throws.
  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>,
    _ state: inout DeltaNetState<Number>
  ) throws -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let c = configuration
    let activation = c.queryKeyActivation
    let (q, qPullback) = features(
      x, query, convolutions?.q, activation, c.queryKeyNormalization, evaluation,
      &state.convolutions.q)
    let (k, kPullback) = features(
      x, key, convolutions?.k, activation, c.queryKeyNormalization, evaluation,
      &state.convolutions.k)
    let (v, vPullback) = features(
      x, value, convolutions?.v, .silu, nil, evaluation, &state.convolutions.v)
    let (beta, betaPullback) = strengths(x, evaluation)

    let sequences = state.memory.shape[0]
    let tokens = [sequences, x.rows / sequences, c.headCount]
    func tensor(_ x: Activations<Number>, _ width: Int...) -> Tensor<Number> {
      Tensor(shape: tokens + width, elements: x.elements)
    }
    let problem = try BatchedProblem(
      q: tensor(q, c.keyDimension), k: tensor(k, c.keyDimension), v: tensor(v, c.valueDimension),
      beta: tensor(beta), scale: 1 / Number(c.keyDimension).squareRoot(),
      initialState: state.memory)
    let (solution, rulePullback) = try remember(problem, x, evaluation)
    state.memory = solution.finalState

    let o = Activations(solution.o.elements, columns: c.valueDimension)
    let (normed, normPullback) = norm.valueWithPullback(o, evaluation)
    let (gated, gatePullback) = self.gated(normed.inRows(of: c.valueWidth), x, evaluation)
    let (y, outputPullback) = output.valueWithPullback(gated, evaluation)
    return (
      y,
      { dy, gradient in
        let (dnormed, dgate) = try gatePullback(try outputPullback(dy, &gradient), &gradient)
        let dO = try normPullback(dnormed.inRows(of: c.valueDimension), &gradient)
        let (d, ddecay) = try rulePullback(tensor(dO, c.valueDimension), &gradient)
        func rows(_ x: Tensor<Number>, _ columns: Int) -> Activations<Number> {
          Activations(x.elements, columns: columns)
        }
        var dx = try qPullback(rows(d.dq, c.keyWidth), &gradient)
        dx = try dx + kPullback(rows(d.dk, c.keyWidth), &gradient)
        dx = try dx + vPullback(rows(d.dv, c.valueWidth), &gradient)
        if let betaPullback {
          dx = try dx + betaPullback(rows(d.dbeta, c.headCount), &gradient)
        }
        return [dgate, ddecay].reduce(dx) { sum, part in part.map { sum + $0 } ?? sum }
      }
    )
  }

  /// What the memory gives; the pullback's second cotangent is that of x, where the memory forgets by it.
  private func remember<Number>(
    _ problem: BatchedProblem<Number>, _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) throws -> (
    value: BatchedSolution<Number>,
    pullback: (Tensor<Number>, inout ParameterGradient<Number>) throws -> (
      BatchedGradient<Number>, Activations<Number>?
    )
  ) {
    if configuration.memory == .delta {
      let (solution, pullback) = try evaluation.rule.valueWithPullback(problem)
      return (
        solution,
        { dO, _ in
          let dht = Tensor<Number>(repeating: 0, shape: problem.initialState.shape)
          return (try pullback(BatchedSolution(o: dO, finalState: dht)), nil)
        }
      )
    }
    let decay = decay?.valueWithPullback(x, evaluation)
    let (solution, pullback) = GatedLinearAttention.valueWithPullback(
      problem, logDecay: decay.map { Tensor(shape: problem.k.shape, elements: $0.value.elements) })
    return (
      solution,
      { dO, gradient in
        let (d, dLogDecay) = pullback(dO)
        guard let decay, let dLogDecay else { return (d, nil) }
        let rows = Activations(dLogDecay.elements, columns: decay.value.columns)
        return (d, try decay.pullback(rows, &gradient))
      }
    )
  }

  /// The queries, keys or values.
  private func features<Number>(
    _ x: Activations<Number>, _ projection: Linear, _ convolution: ShortConvolution?,
    _ activation: Activation, _ normalization: HeadNormalization?,
    _ evaluation: Evaluation<Number>, _ state: inout [ConvolutionState<Number>]
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (projected, projectionPullback) = projection.valueWithPullback(x, evaluation)
    let convolved = convolution?.valueWithPullback(projected, evaluation, &state)
    let (active, activationPullback) = activation.valueWithPullback(convolved?.value ?? projected)
    let heads = active.inRows(of: active.columns / configuration.headCount)
    let normalized = normalization?.valueWithPullback(heads)
    return (
      (normalized?.value ?? heads).inRows(of: active.columns),
      { dy, gradient in
        let dheads = dy.inRows(of: heads.columns)
        let dactive = normalized?.pullback(dheads) ?? dheads
        let dconvolved = activationPullback(dactive.inRows(of: active.columns))
        let dprojected = try convolved?.pullback(dconvolved, &gradient) ?? dconvolved
        return try projectionPullback(dprojected, &gradient)
      }
    )
  }

  /// β; its pullback is nil where it is 1.
  private func strengths<Number>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>?) {
    let most: Number = configuration.allowsNegativeEigenvalues ? 2 : 1
    guard let strength else {
      let heads = configuration.headCount
      return (Activations(Array(repeating: most, count: x.rows * heads), columns: heads), nil)
    }
    let (projected, pullback) = strength.valueWithPullback(x, evaluation)
    let beta = projected.map { most * sigmoid($0) }
    return (
      beta,
      { dbeta, gradient in
        try pullback(beta.combined(with: dbeta) { $0 * (1 - $0 / most) * $1 }, &gradient)
      }
    )
  }

  /// o ∘ silu(x W_g), where there is a gate.
  private func gated<Number>(
    _ o: Activations<Number>, _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (
    value: Activations<Number>,
    pullback: (Activations<Number>, inout ParameterGradient<Number>) throws -> (
      o: Activations<Number>, x: Activations<Number>?
    )
  ) {
    guard let gate else { return (o, { dy, _ in (dy, nil) }) }
    let (projected, projectionPullback) = gate.valueWithPullback(x, evaluation)
    let (factors, activationPullback) = Activation.silu.valueWithPullback(projected)
    return (
      o.combined(with: factors, *),
      { dy, gradient in
        let dprojected = activationPullback(dy.combined(with: o, *))
        return (dy.combined(with: factors, *), try projectionPullback(dprojected, &gradient))
      }
    )
  }
}

/// What a DeltaNet layer keeps of the tokens before, whatever their number.
struct DeltaNetState<Number: KernelNumber>: Equatable, Sendable {
  fileprivate var convolutions:
    (q: [ConvolutionState<Number>], k: [ConvolutionState<Number>], v: [ConvolutionState<Number>])
  /// S: [sequences, H, dk, dv].
  fileprivate var memory: Tensor<Number>

  init(_ configuration: Configuration, sequences: Int) {
    func tokens(_ channels: Int) -> [ConvolutionState<Number>] {
      Array(
        repeating: ConvolutionState(
          channels: channels,
          width: configuration.usesShortConvolution ? configuration.convolutionSize : 1),
        count: sequences)
    }
    convolutions = (
      tokens(configuration.keyWidth), tokens(configuration.keyWidth),
      tokens(configuration.valueWidth)
    )
    memory = Tensor(
      repeating: 0,
      shape: [
        sequences, configuration.headCount, configuration.keyDimension,
        configuration.valueDimension,
      ])
  }

  static func == (a: Self, b: Self) -> Bool {
    a.memory == b.memory && a.convolutions == b.convolutions
  }
}
