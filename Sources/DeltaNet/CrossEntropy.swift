import Algebra
import DeltaRuleCPU
import Glibc

/// The mean of −ln softmax(logits)[target] over the rows that have a target; 0 where none has.
func crossEntropy<Number: KernelNumber>(
  _ logits: Activations<Number>, _ targets: [Int?]
) -> (value: Double, pullback: (Double) -> Activations<Number>) {
  precondition(targets.count == logits.rows)
  let width = logits.columns
  let counted = targets.count { $0 != nil }
  var normalizers = [Double](repeating: 0, count: logits.rows)
  var sum = 0.0
  logits.withPointer { logits in
    for (row, target) in targets.enumerated() {
      guard let target else { continue }
      let x = UnsafeBufferPointer(start: logits + row * width, count: width)
      let largest = x.max()?.double ?? 0
      normalizers[row] = largest + log(x.reduce(0) { $0 + exp($1.double - largest) })
      sum += normalizers[row] - x[target].double
    }
  }
  let value = counted == 0 ? 0 : sum / Double(counted)
  return (
    value,
    { [normalizers] cotangent in
      Activations(rows: logits.rows, columns: width) { dlogits in
        logits.withPointer { logits in
          for (row, target) in targets.enumerated() {
            let factor = target == nil ? 0 : cotangent / Double(counted)
            for i in row * width..<(row + 1) * width {
              dlogits[i] =
                factor == 0 ? 0 : Number(factor * exp(logits[i].double - normalizers[row]))
            }
            if let target { dlogits[row * width + target] -= Number(factor) }
          }
        }
      }
    }
  )
}
