import DeltaRuleCPU

/// How the queries and keys of a head are made comparable, row by row.
public enum HeadNormalization: String, CaseIterable, Sendable {
  /// x / √(Σx² + 10⁻⁶).
  case l2
  /// x / max(Σ|x|, 10⁻⁶).
  case sum

  private static let least = 1e-6

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>
  ) -> (value: Activations<Number>, pullback: (Activations<Number>) -> Activations<Number>) {
    let width = x.columns
    var lengths = [Number](repeating: 0, count: x.rows)
    let value = Activations<Number>(rows: x.rows, columns: width) { y in
      x.withPointer { x in
        for row in lengths.indices {
          let at = row * width
          lengths[row] = length(x + at, width)
          for i in at..<at + width { y[i] = x[i] / lengths[row] }
        }
      }
    }
    // The length's own gradient is y, or the signs of y; it is constant where the sum is too small.
    func slope(_ y: Number, _ length: Number) -> Number {
      switch self {
      case .l2: y
      case .sum: length > Number(Self.least) ? (y > 0 ? 1 : y < 0 ? -1 : 0) : 0
      }
    }
    return (
      value,
      { [lengths] dy in
        Activations(rows: x.rows, columns: width) { dx in
          value.withPointer { y in
            dy.withPointer { dy in
              for row in lengths.indices {
                let at = row * width
                var along: Number = 0
                for i in at..<at + width { along += y[i] * dy[i] }
                for i in at..<at + width {
                  dx[i] = (dy[i] - slope(y[i], lengths[row]) * along) / lengths[row]
                }
              }
            }
          }
        }
      }
    )
  }

  private func length<Number: KernelNumber>(_ x: UnsafePointer<Number>, _ width: Int) -> Number {
    var sum: Number = 0
    switch self {
    case .l2:
      for i in 0..<width { sum += x[i] * x[i] }
      return (sum + Number(Self.least)).squareRoot()
    case .sum:
      for i in 0..<width { sum += abs(x[i]) }
      return max(sum, Number(Self.least))
    }
  }
}
