import DeltaRuleCPU

/// x ← x + mixer(norm(x)), x ← x + mlp(norm(x)).
struct Block: Sendable {
  private let mixerNorm: RMSNorm
  private let mixer: Mixer
  private let mlpNorm: RMSNorm
  private let mlp: SwiGLU

  private enum Mixer: Sendable {
    case deltaNet(DeltaNetMixer)
    case attention(AttentionMixer)
  }

  init(_ configuration: Configuration, layer: Int, in table: inout ParameterTable) {
    let name = "model.layers.\(layer)"
    func norm(_ part: String) -> RMSNorm {
      RMSNorm(
        weight: table.factors("\(name).\(part).weight", configuration.hiddenSize),
        epsilon: configuration.normEpsilon)
    }
    mixerNorm = norm("attn_norm")
    mixer =
      if let attention = configuration.attention(ofLayer: layer) {
        .attention(AttentionMixer(attention, configuration, "\(name).attn", in: &table))
      } else {
        .deltaNet(DeltaNetMixer(configuration, "\(name).attn", in: &table))
      }
    mlpNorm = norm("mlp_norm")
    mlp = SwiGLU(configuration, "\(name).mlp", in: &table)
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>, _ state: inout LayerState<Number>
  ) throws -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (normed, mixerNormPullback) = mixerNorm.valueWithPullback(x, evaluation)
    let (mixed, mixerPullback) = try mix(normed, evaluation, &state)
    let middle = x + mixed
    let (normedMiddle, mlpNormPullback) = mlpNorm.valueWithPullback(middle, evaluation)
    let (transformed, mlpPullback) = mlp.valueWithPullback(normedMiddle, evaluation)
    return (
      middle + transformed,
      { dy, gradient in
        let dmiddle = try dy + mlpNormPullback(mlpPullback(dy, &gradient), &gradient)
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
