import DeltaRuleCPU

/// A function of each number.
public enum Activation: String, CaseIterable, Sendable {
  /// x σ(x).
  case silu
  case relu
  /// 1 + x above 0, eˣ below: above 0 everywhere.
  case elu
  case identity

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>
  ) -> (value: Activations<Number>, pullback: (Activations<Number>) -> Activations<Number>) {
    // Chosen once, so that each loop is of one function.
    switch self {
    case .silu:
      (
        x.map { $0 * sigmoid($0) },
        { dy in
          x.combined(with: dy) { x, dy in
            let s = sigmoid(x)
            return s * (1 + x * (1 - s)) * dy
          }
        }
      )
    case .relu: (x.map { max($0, 0) }, { dy in x.combined(with: dy) { $0 > 0 ? $1 : 0 } })
    case .elu:
      (
        x.map { $0 > 0 ? $0 + 1 : exponential($0) },
        { dy in x.combined(with: dy) { ($0 > 0 ? 1 : exponential($0)) * $1 } }
      )
    case .identity: (x, { $0 })
    }
  }
}
