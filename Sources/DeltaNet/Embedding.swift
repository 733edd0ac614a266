import DeltaRuleCPU

/// A row of the weights for each token id.
struct Embedding: Sendable {
  /// [vocabulary, d].
  let weight: Parameter
  /// Learns nothing here.
  let paddingToken: Int?

  /// The rows, and what adds their cotangents to the weights' gradient.
  func valueWithPullback<Number: KernelNumber>(
    _ ids: [Int], _ evaluation: Evaluation<Number>
  ) -> (
    value: Activations<Number>,
    pullback: (Activations<Number>, inout ParameterGradient<Number>) -> Void
  ) {
    let width = weight.rowLength
    let value = Activations<Number>(rows: ids.count, columns: width) { x in
      for (token, id) in ids.enumerated() {
        evaluation.weights.withRows(of: weight, id..<id + 1) {
          (x + token * width).initialize(from: $0, count: width)
        }
      }
    }
    return (
      value,
      { dx, gradient in
        gradient.withNumbers(of: weight) { dw in
          for (token, id) in ids.enumerated() where id != paddingToken {
            for i in 0..<width { dw[id * width + i] += dx.elements[token * width + i] }
          }
        }
      }
    )
  }
}
