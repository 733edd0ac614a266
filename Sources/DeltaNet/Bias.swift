import DeltaRuleCPU

/// b, added to every row.
struct Bias: Sendable {
  let parameter: Parameter

  private var count: Int { parameter.shape[0] }

  func add<Number: KernelNumber>(
    to y: UnsafeMutablePointer<Number>, rows: Int, _ weights: Weights<Number>
  ) {
    weights.withNumbers(of: parameter) { b in
      for row in 0..<rows {
        for column in 0..<count { y[row * count + column] += b[column] }
      }
    }
  }

  /// db += the sum of dY's rows.
  func addGradient<Number: KernelNumber>(
    _ dy: Activations<Number>, to gradient: inout ParameterGradient<Number>
  ) {
    gradient.withNumbers(of: parameter) { db in
      dy.withPointer { numbers in
        for row in 0..<dy.rows {
          for column in 0..<count { db[column] += numbers[row * count + column] }
        }
      }
    }
  }
}
