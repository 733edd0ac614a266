import DeltaRuleCPU

/// x ← x + mixer(norm(x)), x ← x + mlp(norm(x)), the latter unless it has no width.
struct Block: Sendable {
  private let mixerNorm: RMSNorm
  private let mixer: Mixer
  private let mlp: ResidualSwiGLU?

  private enum Mixer: Sendable {
    case deltaNet(DeltaNetMixer)
    case attention(AttentionMixer)
  }

  init(_ configuration: Configuration, layer: Int, in table: inout ParameterTable) {
    let name = "model.layers.\(layer)"
    mixerNorm = RMSNorm(
      weight: table.factors("\(name).attn_norm.weight", configuration.hiddenSize),
      epsilon: configuration.normEpsilon)
    mixer =
      if let attention = configuration.attention(ofLayer: layer) {
        .attention(AttentionMixer(attention, configuration, "\(name).attn", in: &table))
      } else {
        .deltaNet(DeltaNetMixer(configuration, "\(name).attn", in: &table))
      }
    mlp =
      configuration.innerSize == 0 ? nil : ResidualSwiGLU(configuration, "\(name).mlp", in: &table)
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>, _ state: inout LayerState<Number>
  ) throws -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (normed, mixerNormPullback) = mixerNorm.valueWithPullback(x, evaluation)
    let (mixed, mixerPullback) = try mix(normed, evaluation, &state)
    let middle = x + mixed
    let transformed = mlp?.valueWithPullback(middle, evaluation)
    return (
      transformed?.value ?? middle,
      { dy, gradient in
        let dmiddle = try transformed?.pullback(dy, &gradient) ?? dy
        return try dmiddle + mixerNormPullback(mixerPullback(dmiddle, &gradient), &gradient)
      }
    )
  }

  private func mix<Number>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>, _ state: inout LayerState<Number>
  ) throws -> (value: Activations<Number>, pullback: Pullback<Number>) {
    switch (mixer, state) {
    case (.deltaNet(let mixer), .deltaNet(var own)):
      let result = try mixer.valueWithPullback(x, evaluation, &own)
      state = .deltaNet(own)
      return result
    case (.attention(let mixer), .attention(var own)):
      let result = mixer.valueWithPullback(x, evaluation, &own)
      state = .attention(own)
      return result
    default: preconditionFailure("the state is of another model")
    }
  }
}

/// What a layer keeps of the tokens before.
enum LayerState<Number: KernelNumber>: Equatable, Sendable {
  case deltaNet(DeltaNetState<Number>)
  case attention(AttentionState<Number>)
}
