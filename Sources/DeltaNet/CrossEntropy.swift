import Algebra
import DeltaRuleCPU
import Glibc

extension Activations {
  /// The mean of −ln softmax(logits)[target] over the rows, which are logits; 0 where there is none.
  func crossEntropy(with targets: [Int]) -> (
    value: Double, pullback: (Double) -> Activations<Number>
  ) {
    precondition(targets.count == rows)
    // e^(logit − the row's largest), and their sums.
    var sums = [Number](repeating: 0, count: rows)
    var loss = 0.0
    let exponentials = Activations(rows: rows, columns: columns) { result in
      withPointer { logits in
        for (row, target) in targets.enumerated() {
          let x = UnsafeBufferPointer(start: logits + row * columns, count: columns)
          let e = UnsafeMutableBufferPointer(start: result + row * columns, count: columns)
          let largest = x.combined(from: -.infinity) { $1 > $0 ? $1 : $0 }
          for i in x.indices { e[i] = exponential(x[i] - largest) }
          sums[row] = UnsafeBufferPointer(e).combined(from: 0, +)
          loss += log(sums[row].double) - (x[target] - largest).double
        }
      }
    }
    return (
      targets.isEmpty ? 0 : loss / Double(targets.count),
      { [sums] cotangent in
        let factor = Number(cotangent / Double(targets.count))
        return Activations(rows: rows, columns: columns) { dlogits in
          exponentials.withPointer { e in
            for (row, target) in targets.enumerated() {
              let share = factor / sums[row]
              for i in row * columns..<(row + 1) * columns { dlogits[i] = share * e[i] }
              dlogits[row * columns + target] -= factor
            }
          }
        }
      }
    )
  }
}
