import DeltaRuleCPU
import Glibc

/// What a sequence's last token remembers of each: y_t = z + mlp(norm(z)) for z = x_L + p_t, p_t being sines and cosines of t.
///
/// - Source: the compression task of *Mechanistic Design and Scaling of Hybrid Architectures*, where the decoder is another MLP.
struct Unfolding: Sendable {
  private let decoder: ResidualSwiGLU

  init(_ configuration: Configuration, in table: inout ParameterTable) {
    var configuration = configuration
    configuration.intermediateSize = 2 * configuration.hiddenSize
    decoder = ResidualSwiGLU(configuration, "model.decoder.mlp", in: &table)
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, sequences: Int, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (width, length) = (x.columns, x.rows / sequences)
    let positions = (0..<length).flatMap { Self.position($0, width: width) as [Number] }
    func last(_ n: Int) -> Int { ((n + 1) * length - 1) * width }
    let z = Activations<Number>(rows: x.rows, columns: width) { z in
      for n in 0..<sequences {
        for i in 0..<length * width {
          (z + n * length * width + i).initialize(
            to: x.elements[last(n) + i % width] + positions[i])
        }
      }
    }
    let (y, pullback) = decoder.valueWithPullback(z, evaluation)
    return (
      y,
      { dy, gradient in
        let dz = try pullback(dy, &gradient)
        var dx = [Number](repeating: 0, count: x.elements.count)
        for n in 0..<sequences {
          for i in 0..<length * width {
            dx[last(n) + i % width] += dz.elements[n * length * width + i]
          }
        }
        return Activations(dx, columns: width)
      }
    )
  }

  /// p_t: sin(t ω_i), then cos(t ω_i), for ω_i from 1 down to 1/10,000.
  private static func position<Number: KernelNumber>(_ t: Int, width: Int) -> [Number] {
    let half = max(1, (width + 1) / 2)
    return (0..<width).map { i in
      let angle = Double(t) * pow(10_000, -Double(i % half) / Double(half))
      return Number(i < half ? sin(angle) : cos(angle))
    }
  }
}
