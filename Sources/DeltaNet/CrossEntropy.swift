import Algebra
import DeltaRuleCPU
import Glibc

extension Activations {
  /// The mean of −ln softmax(logits)[target] over the rows, which are logits; 0 where there is none.
  func crossEntropy(with targets: [Int]) -> (
    value: Double, pullback: (Double) -> Activations<Number>
  ) {
    precondition(targets.count == rows)
    var normalizers = [Number](repeating: 0, count: rows)
    var sum = 0.0
    withPointer { logits in
      for (row, target) in targets.enumerated() {
        let x = UnsafeBufferPointer(start: logits + row * columns, count: columns)
        normalizers[row] = x.logSumExp()
        sum += (normalizers[row] - x[target]).double
      }
    }
    return (
      targets.isEmpty ? 0 : sum / Double(targets.count),
      { [normalizers] cotangent in
        let factor = Number(cotangent / Double(targets.count))
        return Activations(rows: rows, columns: columns) { dlogits in
          withPointer { logits in
            for (row, target) in targets.enumerated() {
              for i in row * columns..<(row + 1) * columns {
                dlogits[i] = factor * exponential(logits[i] - normalizers[row])
              }
              dlogits[row * columns + target] -= factor
            }
          }
        }
      }
    )
  }
}
