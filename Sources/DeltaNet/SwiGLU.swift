import DeltaRuleCPU

/// y = (silu(x W_g) ∘ x W_u) W_d.
struct SwiGLU: Sendable {
  private let gate: Linear
  private let up: Linear
  private let down: Linear

  init(_ configuration: Configuration, _ name: String, in table: inout ParameterTable) {
    let (d, inner) = (configuration.hiddenSize, configuration.innerSize)
    gate = Linear(table.matrix("\(name).gate_proj.weight", inner, d))
    up = Linear(table.matrix("\(name).up_proj.weight", inner, d))
    down = Linear(table.matrix("\(name).down_proj.weight", d, inner))
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (g, gatePullback) = gate.valueWithPullback(x, evaluation)
    let (u, upPullback) = up.valueWithPullback(x, evaluation)
    let (s, activationPullback) = Activation.silu.valueWithPullback(g)
    let (y, downPullback) = down.valueWithPullback(s.combined(with: u, *), evaluation)
    return (
      y,
      { dy, gradient in
        let d = try downPullback(dy, &gradient)
        let dg = activationPullback(d.combined(with: u, *))
        return try gatePullback(dg, &gradient) + upPullback(d.combined(with: s, *), &gradient)
      }
    )
  }
}

/// x + mlp(norm(x)).
struct ResidualSwiGLU: Sendable {
  private let norm: RMSNorm
  private let mlp: SwiGLU

  /// - Parameter name: of the SwiGLU; the norm's is beside it.
  init(_ configuration: Configuration, _ name: String, in table: inout ParameterTable) {
    norm = RMSNorm(
      weight: table.factors("\(name)_norm.weight", configuration.hiddenSize),
      epsilon: configuration.normEpsilon)
    mlp = SwiGLU(configuration, name, in: &table)
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (normed, normPullback) = norm.valueWithPullback(x, evaluation)
    let (y, mlpPullback) = mlp.valueWithPullback(normed, evaluation)
    return (
      x + y,
      { dy, gradient in try dy + normPullback(mlpPullback(dy, &gradient), &gradient) }
    )
  }
}
