import DeltaRule

/// Zeros behind the columns of a batch, for kernels that take only heads of 64 or 128 numbers: they change nothing.
struct Filling {
  private let keyDimension: Int
  private let valueDimension: Int
  private let width: Int

  /// - Precondition: dk and dv are at most 128.
  init(_ shape: BatchShape) {
    (keyDimension, valueDimension) = (shape.keyDimension, shape.valueDimension)
    precondition(max(keyDimension, valueDimension) <= 128)
    width = max(keyDimension, valueDimension) <= 64 ? 64 : 128
  }

  func fill(_ problem: BatchedProblem<Float>) throws -> BatchedProblem<Float> {
    try BatchedProblem(
      q: columns(problem.q, width), k: columns(problem.k, width), v: columns(problem.v, width),
      beta: problem.beta, scale: problem.scale,
      initialState: state(problem.initialState, width, width), boundaries: problem.boundaries)
  }

  func fill(_ cotangent: BatchedSolution<Float>) -> BatchedSolution<Float> {
    BatchedSolution(
      o: columns(cotangent.o, width), finalState: state(cotangent.finalState, width, width))
  }

  func cut(_ solution: BatchedSolution<Float>) -> BatchedSolution<Float> {
    BatchedSolution(
      o: columns(solution.o, valueDimension),
      finalState: state(solution.finalState, keyDimension, valueDimension))
  }

  func cut(_ gradient: BatchedGradient<Float>) -> BatchedGradient<Float> {
    BatchedGradient(
      dq: columns(gradient.dq, keyDimension), dk: columns(gradient.dk, keyDimension),
      dv: columns(gradient.dv, valueDimension), dbeta: gradient.dbeta,
      dh0: state(gradient.dh0, keyDimension, valueDimension))
  }

  /// The first `count` numbers along the last axis, zeros where there are fewer.
  private func columns(_ tensor: Tensor<Float>, _ count: Int) -> Tensor<Float> {
    let rows = tensor.shape.dropLast()
    return resized(tensor, rows.reduce(1, *), 1, to: 1, count, shape: Array(rows) + [count])
  }

  /// The same of a state's rows and columns.
  private func state(_ tensor: Tensor<Float>, _ rows: Int, _ columns: Int) -> Tensor<Float> {
    let heads = tensor.shape.prefix(2)
    return resized(
      tensor, heads.reduce(1, *), tensor.shape[2], to: rows, columns,
      shape: Array(heads) + [rows, columns])
  }

  private func resized(
    _ tensor: Tensor<Float>, _ count: Int, _ oldRows: Int, to rows: Int, _ columns: Int,
    shape: [Int]
  ) -> Tensor<Float> {
    let oldColumns = tensor.shape[tensor.shape.count - 1]
    var elements = [Float](repeating: 0, count: count * rows * columns)
    for i in 0..<count {
      for r in 0..<min(rows, oldRows) {
        for c in 0..<min(columns, oldColumns) {
          elements[(i * rows + r) * columns + c] =
            tensor.elements[(i * oldRows + r) * oldColumns + c]
        }
      }
    }
    return Tensor(shape: shape, elements: elements)
  }
}
