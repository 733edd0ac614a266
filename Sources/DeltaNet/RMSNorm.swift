import DeltaRuleCPU

/// y = x / √(mean(x²) + ε) · w, row by row.
struct RMSNorm: Sendable {
  let weight: Parameter
  let epsilon: Double

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let width = x.columns
    let weights = evaluation.weights
    var factors = [Number](repeating: 0, count: x.rows)
    let value = Activations<Number>(rows: x.rows, columns: width) { y in
      x.withPointer { x in
        weights.withNumbers(of: weight) { w in
          for row in factors.indices {
            let at = row * width
            var squares: Number = 0
            for i in at..<at + width { squares += x[i] * x[i] }
            factors[row] = 1 / (squares / Number(width) + Number(epsilon)).squareRoot()
            for i in 0..<width { y[at + i] = x[at + i] * factors[row] * w[i] }
          }
        }
      }
    }
    return (
      value,
      { [factors] dy, gradient in
        gradient.withNumbers(of: weight) { dw in
          weights.withNumbers(of: weight) { w in
            Activations(rows: x.rows, columns: width) { dx in
              x.withPointer { x in
                dy.withPointer { dy in
                  for row in factors.indices {
                    let (at, factor) = (row * width, factors[row])
                    var along: Number = 0
                    for i in 0..<width {
                      along += dy[at + i] * w[i] * x[at + i]
                      dw[i] += dy[at + i] * x[at + i] * factor
                    }
                    along *= factor * factor / Number(width)
                    for i in 0..<width {
                      dx[at + i] = factor * (dy[at + i] * w[i] - x[at + i] * along)
                    }
                  }
                }
              }
            }
          }
        }
      }
    )
  }
}
