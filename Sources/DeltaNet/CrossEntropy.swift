import Algebra
import DeltaRuleCPU
import Glibc

extension Activations {
  /// The mean of −ln softmax(logits)[target] over the rows that have a target, the rows being logits; 0 where none has.
  func crossEntropy(with targets: [Int?]) -> (
    value: Double, pullback: (Double) -> Activations<Number>
  ) {
    precondition(targets.count == rows)
    let counted = targets.count { $0 != nil }
    var normalizers = [Double](repeating: 0, count: rows)
    var sum = 0.0
    withPointer { logits in
      for (row, target) in targets.enumerated() {
        guard let target else { continue }
        let x = UnsafeBufferPointer(start: logits + row * columns, count: columns)
        let largest = x.max()?.double ?? 0
        normalizers[row] = largest + log(x.reduce(0) { $0 + exp($1.double - largest) })
        sum += normalizers[row] - x[target].double
      }
    }
    let value = counted == 0 ? 0 : sum / Double(counted)
    return (
      value,
      { [normalizers] cotangent in
        Activations(rows: rows, columns: columns) { dlogits in
          withPointer { logits in
            for (row, target) in targets.enumerated() {
              let factor = target == nil ? 0 : cotangent / Double(counted)
              for i in row * columns..<(row + 1) * columns {
                dlogits[i] =
                  factor == 0 ? 0 : Number(factor * exp(logits[i].double - normalizers[row]))
              }
              if let target { dlogits[row * columns + target] -= Number(factor) }
            }
          }
        }
      }
    )
  }
}
