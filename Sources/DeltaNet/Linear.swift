import DeltaRuleCPU

/// Y = X Wᵀ + b, the weights [columns of Y, columns of X].
///
/// Products are taken block by block, and the blocks do not depend on the number of threads.
struct Linear: Sendable {
  let weight: Parameter
  let bias: Bias?

  init(_ weight: Parameter, bias: Bias? = nil) {
    self.weight = weight
    self.bias = bias
  }

  private var inputs: Int { weight.shape[1] }
  private var outputs: Int { weight.shape[0] }

  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    (
      product(x, evaluation),
      { dy, gradient in
        addGradient(x, dy, evaluation.threads, to: &gradient)
        return inputCotangent(dy, evaluation)
      }
    )
  }

  private func product<Number>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> Activations<Number> {
    // Of weights that are widened for one token the caches hold this much.
    let outputBlocks = blocks(of: outputs, x.rows == 1 ? 16 : 128)
    let rowBlocks = blocks(of: x.rows, 512)
    return Activations(rows: x.rows, columns: outputs) { start in
      nonisolated(unsafe) let y = start
      onThreads(evaluation.threads, rowBlocks.count * outputBlocks.count) { _, item in
        let (r, c) = item.quotientAndRemainder(dividingBy: outputBlocks.count)
        let (rows, columns) = (rowBlocks[r], outputBlocks[c])
        x.withPointer { x in
          evaluation.weights.withRows(of: weight, columns) { w in
            let y = y + rows.lowerBound * outputs + columns.lowerBound
            if rows.count == 1 {
              Number.library.multiply(
                w, x + rows.lowerBound * inputs, into: y, m: columns.count, n: inputs)
            } else {
              Number.library.multiply(
                MatrixOperand(x + rows.lowerBound * inputs, inputs),
                MatrixOperand(w, inputs, transposed: true), into: y, stride: outputs,
                m: rows.count, n: columns.count, depth: inputs, factor: 1, keep: 0)
            }
          }
        }
      }
      bias?.add(to: y, rows: x.rows, evaluation.weights)
    }
  }

  /// dX = dY W.
  private func inputCotangent<Number>(
    _ dy: Activations<Number>, _ evaluation: Evaluation<Number>
  ) -> Activations<Number> {
    let (rowBlocks, outputBlocks) = (blocks(of: dy.rows, 128), blocks(of: outputs, 128))
    return Activations(rows: dy.rows, columns: inputs) { start in
      nonisolated(unsafe) let dx = start
      onThreads(evaluation.threads, rowBlocks.count) { _, r in
        let rows = rowBlocks[r]
        dy.withPointer { dy in
          for columns in outputBlocks {
            evaluation.weights.withRows(of: weight, columns) { w in
              Number.library.multiply(
                MatrixOperand(dy + rows.lowerBound * outputs + columns.lowerBound, outputs),
                MatrixOperand(w, inputs),
                into: dx + rows.lowerBound * inputs, stride: inputs, m: rows.count, n: inputs,
                depth: columns.count, factor: 1, keep: columns.lowerBound == 0 ? 0 : 1)
            }
          }
        }
      }
    }
  }

  /// dW += dYᵀ X, and what the bias adds.
  private func addGradient<Number>(
    _ x: Activations<Number>, _ dy: Activations<Number>, _ threads: Int,
    to gradient: inout ParameterGradient<Number>
  ) {
    let outputBlocks = blocks(of: outputs, 128)
    gradient.withNumbers(of: weight) { start in
      nonisolated(unsafe) let dw = start
      onThreads(threads, x.rows == 0 ? 0 : outputBlocks.count) { _, c in
        let columns = outputBlocks[c]
        x.withPointer { x in
          dy.withPointer { y in
            Number.library.multiply(
              MatrixOperand(y + columns.lowerBound, outputs, transposed: true),
              MatrixOperand(x, inputs), into: dw + columns.lowerBound * inputs, stride: inputs,
              m: columns.count, n: inputs, depth: dy.rows, factor: 1, keep: 1)
          }
        }
      }
    }
    bias?.addGradient(dy, to: &gradient)
  }
}

/// 0..<count in ranges of so many, the last of fewer.
func blocks(of count: Int, _ size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
