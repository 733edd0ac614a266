/// What is timed.
public enum BenchmarkPass: String, CaseIterable, Sendable {
  /// Outputs and final states.
  case forward
  /// The gradient in every input, when the residuals of the forward pass are at hand.
  case backward
  /// The outputs with their residuals, and the gradient.
  case forwardAndBackward = "forward+backward"
  /// One token of every sequence, on its state in place.
  case decode

  /// The fewest operations known for a token and head, in units of dk·dv.
  public var operations: Int {
    switch self {
    case .forward, .decode: 6
    case .backward: 14
    case .forwardAndBackward: 20
    }
  }

  var isGradient: Bool { self == .backward || self == .forwardAndBackward }
}
