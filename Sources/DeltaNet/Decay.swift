import Algebra
import DeltaRuleCPU
import Glibc

/// ln α = ln σ(x W_1 W_2 + b) / 16: how much each row of a gated memory forgets.
///
/// - Source: *Gated Linear Attention Transformers with Hardware-Efficient Training*, section 4.4.
struct Decay: Sendable {
  private static let rank = 16
  private static let temperature = 16.0

  private let down: Linear
  private let up: Linear

  init(_ configuration: Configuration, _ name: String, in table: inout ParameterTable) {
    let (d, keys) = (configuration.hiddenSize, configuration.keyWidth)
    down = Linear(table.matrix("\(name).gk_proj.0.weight", Self.rank, d))
    up = Linear(
      table.matrix("\(name).gk_proj.1.weight", keys, Self.rank),
      bias: Bias(parameter: table.bias("\(name).gk_proj.1.bias", keys)))
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (low, downPullback) = down.valueWithPullback(x, evaluation)
    let (z, upPullback) = up.valueWithPullback(low, evaluation)
    let factor = 1 / Number(Self.temperature)
    return (
      // ln σ(z) = min(z, 0) − ln(1 + e^−|z|)
      z.map { factor * (min($0, 0) - Number(log1p(exp(-abs($0.double))))) },
      { dy, gradient in
        let dz = z.combined(with: dy) { factor * sigmoid(-$0) * $1 }
        return try downPullback(upPullback(dz, &gradient), &gradient)
      }
    )
  }
}
