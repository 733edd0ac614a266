import Algebra
import DeltaRuleCPU
import Glibc

/// A function of each number.
public enum Activation: String, CaseIterable, Sendable {
  /// x σ(x).
  case silu
  case relu
  /// 1 + x above 0, eˣ below: above 0 everywhere.
  case elu
  case identity

  func value<Number: KernelNumber>(_ x: Number) -> Number {
    switch self {
    case .silu: x * sigmoid(x)
    case .relu: max(x, 0)
    case .elu: x > 0 ? x + 1 : exponential(x)
    case .identity: x
    }
  }

  func derivative<Number: KernelNumber>(_ x: Number) -> Number {
    switch self {
    case .silu: sigmoid(x) * (1 + x * (1 - sigmoid(x)))
    case .relu: x > 0 ? 1 : 0
    case .elu: x > 0 ? 1 : exponential(x)
    case .identity: 1
    }
  }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>
  ) -> (value: Activations<Number>, pullback: (Activations<Number>) -> Activations<Number>) {
    (x.map(value), { dy in x.combined(with: dy) { derivative($0) * $1 } })
  }
}

/// 1 / (1 + e⁻ˣ).
func sigmoid<Number: KernelNumber>(_ x: Number) -> Number { 1 / (1 + exponential(-x)) }

func exponential<Number: KernelNumber>(_ x: Number) -> Number { Number(exp(x.double)) }
