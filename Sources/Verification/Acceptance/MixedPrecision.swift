import Algebra
import DeltaRule

/// The chunkwise form with the roundings of kernels that feed matrix units.
///
/// They round where something is stored or enters a product: operands, T, W, U, pseudo-values, the
/// state that enters a chunk, scores and outputs, and their cotangents. Sums, and the state that is
/// carried on, are kept without loss.
///
/// - Parameter rounded: how one number is rounded.
func mixedPrecisionChunkwise(
  _ rounded: @escaping @Sendable (Double) -> Double
) -> Formulation<Double> {
  Formulation(
    chunked: "mixed-precision chunkwise", cost: .chunkwise,
    forward: { problem, chunkLength in
      var o = Matrix<Double>.zero(problem.length, problem.valueDimension)
      var S = problem.initialState
      for rows in problem.chunks(of: chunkLength) {
        let chunk = MixedPrecisionChunk(problem.tokens(rows, from: S), rounded)
        o[rows: rows] = chunk.o
        S = chunk.finalState
      }
      return Solution(o: o, finalState: S)
    },
    backward: { problem, cotangent, chunkLength in
      chunkByChunk(problem, cotangent, chunkLength: chunkLength) {
        MixedPrecisionChunk($0, rounded).finalState
      } backward: {
        MixedPrecisionChunk($0, rounded).gradient($1)
      }
    })
}

/// One chunk, every stored matrix rounded. Names are those of `utTransformedBackward`.
private struct MixedPrecisionChunk {
  private let rounded: (Double) -> Double
  let scale: Double
  let q: Matrix<Double>
  let k: Matrix<Double>
  let v: Matrix<Double>
  let beta: Matrix<Double>
  /// The state carried, and as it enters products.
  let S: Matrix<Double>
  let entering: Matrix<Double>
  let inverse: Matrix<Double>
  let T: Matrix<Double>
  let W: Matrix<Double>
  let X: Matrix<Double>
  let scores: Matrix<Double>

  init(_ chunk: Problem<Double>, _ rounded: @escaping (Double) -> Double) {
    func stored(_ x: Matrix<Double>) -> Matrix<Double> { x.map(rounded) }
    self.rounded = rounded
    scale = chunk.scale
    (q, k, v, beta) = (stored(chunk.q), stored(chunk.k), stored(chunk.v), stored(chunk.beta))
    S = chunk.initialState
    entering = stored(S)
    let exactInverse = unitTriangularInverse(keyOverlaps(k: k, beta: beta))
    inverse = stored(exactInverse)
    T = stored((beta .* exactInverse.transposed).transposed)
    W = stored(T * k)
    X = stored(stored(T * v) - W * entering)
    scores = stored((q * k.transposed).lowerTriangle)
  }

  private func stored(_ x: Matrix<Double>) -> Matrix<Double> { x.map(rounded) }

  var o: Matrix<Double> { stored(scale * (q * entering + scores * X)) }

  var finalState: Matrix<Double> { S + k.transposed * X }

  func gradient(_ cotangent: Cotangent<Double>) -> Gradient<Double> {
    let dO = stored(cotangent.o)
    let dNext = stored(cotangent.finalState)
    let dX = stored(scale * (scores.transposed * dO) + k * dNext)
    let dG = stored(scale * (dO * X.transposed).lowerTriangle)
    let dW = stored(-(dX * entering.transposed))
    let dT = dW * k.transposed + dX * v.transposed
    let dJ = stored((beta .* dT.transposed).transposed)
    let dA = stored(
      -(stored(inverse.transposed * dJ) * inverse.transposed).strictLowerTriangle)
    let scaled = stored(beta .* dA)
    let columnSums = Matrix(k.rows, 1) { i, _ in
      sum(0..<k.rows) { inverse[$0, i] * dT[$0, i] }
    }
    let rowSums = Matrix(k.rows, 1) { i, _ in (dA[row: i] * k * k[row: i].transposed)[0, 0] }
    return Gradient(
      dq: stored(scale * (dO * entering.transposed) + dG * k),
      dk: stored(
        dG.transposed * q + X * dNext.transposed + stored(T.transposed * dW) + scaled * k
          + scaled.transposed * k),
      dv: stored(T.transposed * dX), dbeta: stored(columnSums + rowSums),
      dh0: cotangent.finalState + scale * (q.transposed * dO) - W.transposed * dX)
  }
}
