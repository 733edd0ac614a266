import Algebra

/// A floating-point format that a kernel may claim to compute in.
public enum Precision: String, CaseIterable, Sendable {
  case f64
  case f32
  case tf32
  case bf16
  case f16

  var format: FloatFormat {
    switch self {
    case .f64: .binary64
    case .f32: .binary32
    case .tf32: .tf32
    case .bf16: .bfloat16
    case .f16: .binary16
    }
  }
}
