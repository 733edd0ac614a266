import Algebra
import DeltaRule

extension FaultyKernel where Scalar: Real {
  /// The solution, with the normalisation in the kernel where `usesL2Norm`.
  func solve(_ problem: BatchedProblem<Scalar>, usesL2Norm: Bool) throws -> BatchedSolution<Scalar>
  {
    solve(try operands(of: problem, usesL2Norm: usesL2Norm))
  }

  func gradient(
    _ problem: BatchedProblem<Scalar>, _ cotangent: BatchedSolution<Scalar>, usesL2Norm: Bool
  ) throws -> BatchedGradient<Scalar> {
    var gradient = try gradient(operands(of: problem, usesL2Norm: usesL2Norm), cotangent)
    if usesL2Norm {
      if !has(.queryNormMissing) { gradient.dq = normalizationBackward(problem.q, gradient.dq) }
      if !has(.keyNormMissing) { gradient.dk = normalizationBackward(problem.k, gradient.dk) }
    }
    return gradient
  }

  /// The problem as it reaches the recurrence.
  private func operands(
    of problem: BatchedProblem<Scalar>, usesL2Norm: Bool
  ) throws -> BatchedProblem<Scalar> {
    try BatchedProblem(
      q: usesL2Norm && !has(.queryNormMissing) ? normalized(problem.q) : problem.q,
      k: usesL2Norm && !has(.keyNormMissing) ? normalized(problem.k) : problem.k, v: problem.v,
      beta: has(.betaAtMostOne) ? problem.beta.map { min($0, .one) } : problem.beta,
      scale: problem.scale, initialState: problem.initialState, boundaries: problem.boundaries)
  }

  private func normalized(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.mappingRows { row in
      let length = length(of: row)
      return row.map { $0 / length }
    }
  }

  /// What the kernel divides a row by.
  private func length(of row: ArraySlice<Scalar>) -> Scalar {
    let square = row.reduce(.zero) { $0 + $1 * $1 }
    let epsilon = Scalar(1e-6)
    switch fault {
    case .normMissing: return .one
    case .normEpsilonOutside: return square.squareRoot() + epsilon
    case .normWithoutEpsilon: return square == .zero ? .one : square.squareRoot()
    case .normEpsilonLarge: return (square + Scalar(1e-5)).squareRoot()
    case .normOfMean: return (square / Scalar(row.count) + epsilon).squareRoot()
    case .normOfMagnitudes: return row.reduce(epsilon) { $0 + max($1, -$1) }
    default: return (square + epsilon).squareRoot()
    }
  }

  private func normalizationBackward(_ x: Tensor<Scalar>, _ dy: Tensor<Scalar>) -> Tensor<Scalar> {
    if has(.normBackwardMissing) || has(.normMissing) { return dy }
    let y = normalized(x)
    return dy.mappingRows(along: x, y) { dy, x, y in
      let length = length(of: x)
      let along =
        has(.normBackwardWithoutProjection) ? .zero : zip(dy, y).reduce(.zero) { $0 + $1.0 * $1.1 }
      let dx = zip(dy, y).map { ($0 - along * $1) / length }
      return has(.normBackwardTwice) ? dx.map { $0 / length } : dx
    }
  }
}

extension Tensor {
  /// The rows along the last axis, each exchanged for another of its length.
  fileprivate func mappingRows(_ transform: (ArraySlice<Element>) -> [Element]) -> Tensor {
    mappingRows(along: self, self) { row, _, _ in transform(row) }
  }

  /// The same, beside the rows of two tensors of this shape.
  fileprivate func mappingRows(
    along x: Tensor, _ y: Tensor,
    _ transform: (ArraySlice<Element>, ArraySlice<Element>, ArraySlice<Element>) -> [Element]
  ) -> Tensor {
    let width = shape[shape.count - 1]
    let (own, x, y) = (elements, x.elements, y.elements)
    return Tensor(
      shape: shape,
      elements: stride(from: 0, to: own.count, by: width).flatMap { start in
        let row = start..<start + width
        return transform(own[row], x[row], y[row])
      })
  }
}
