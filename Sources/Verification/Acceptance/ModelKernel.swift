import Algebra
import DeltaRule
import PropertyTesting

extension PrecisionModel {
  /// A chunk kernel as others write it, with the roundings of this model.
  ///
  /// `Scalar` is what sums are taken in: `Float` or `Double`.
  func formulation<Scalar: Real>() -> Formulation<Scalar> {
    Formulation(
      chunked: name, cost: .chunkwise,
      forward: { problem, chunkLength in
        var (forward, outputs) = (Rounder<Scalar>(self, 0), Rounder<Scalar>(self, 1))
        var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
        var S = problem.initialState
        for rows in problem.chunks(of: chunkLength) {
          let chunk = ModelChunk(problem.tokens(rows, from: S), self, &forward)
          o[rows: rows] = chunk.o(&outputs)
          S = chunk.finalState(&forward)
        }
        return Solution(o: o, finalState: S)
      },
      backward: { problem, cotangent, chunkLength in
        var (forward, backward) = (Rounder<Scalar>(self, 0), Rounder<Scalar>(self, 2))
        var S = problem.initialState
        let ranges = problem.chunks(of: chunkLength)
        let chunks = ranges.map { rows in
          let chunk = ModelChunk(problem.tokens(rows, from: S), self, &forward)
          S = chunk.finalState(&forward)
          return chunk
        }
        var gradient = Gradient(zerosFor: problem)
        gradient.dh0 = cotangent.finalState
        for (rows, chunk) in zip(ranges, chunks).reversed() {
          let part = chunk.gradient(
            Cotangent(o: cotangent.o[rows: rows], finalState: gradient.dh0), &backward)
          gradient.dq[rows: rows] = part.dq
          gradient.dk[rows: rows] = part.dk
          gradient.dv[rows: rows] = part.dv
          gradient.dbeta[rows: rows] = part.dbeta
          gradient.dh0 = part.dh0
        }
        return gradient
      })
  }

  /// Both number types that sums may be taken in, written out here.
  static let inFloat = { @Sendable (model: PrecisionModel) -> Formulation<Float> in
    model.formulation()
  }
  static let inDouble = { @Sendable (model: PrecisionModel) -> Formulation<Double> in
    model.formulation()
  }
}

/// Rounds what is stored.
private struct Rounder<Base: Real> {
  private let model: PrecisionModel
  private var random = Xoshiro256(seed: 0)

  /// - Parameter stream: which random numbers of the model's seed. The states that the backward pass finds again
  ///   are rounded by the same ones as in the forward pass.
  init(_ model: PrecisionModel, _ stream: UInt64) {
    self.model = model
    if case .stochastic(let seed) = model.rounding { random = Xoshiro256(seed: mix(seed) ^ stream) }
  }

  mutating func callAsFunction(_ x: Matrix<Base>, _ format: FloatFormat) -> Matrix<Base> {
    guard format != model.accumulator else { return x }
    switch model.rounding {
    case .toNearestEven: return x.map { Base(format.rounded($0.double)) }
    case .towardZero: return x.map { Base(format.rounded($0.double, .towardZero)) }
    case .stochastic:
      return x.map { Base(format.rounded($0.double, .stochastic(random: random.next()))) }
    }
  }
}

/// One chunk, everything stored rounded, β folded into the keys and values as flash-linear-attention does:
/// W = J diag(β) K, U = J diag(β) V, J = (I + A)⁻¹. Names are those of `utTransformedBackward`.
private struct ModelChunk<Base: Real> {
  private let model: PrecisionModel
  private let scale: Base
  private let q: Matrix<Base>
  private let scaledQ: Matrix<Base>
  private let k: Matrix<Base>
  private let v: Matrix<Base>
  private let beta: Matrix<Base>
  private let weightedK: Matrix<Base>
  private let weightedV: Matrix<Base>
  /// The state carried, and as it enters products.
  private let S: Matrix<Base>
  private let entering: Matrix<Base>
  private let J: Matrix<Base>
  private let W: Matrix<Base>
  private let X: Matrix<Base>
  /// tril(Q Kᵀ), and as it is stored.
  private let allScores: Matrix<Base>
  private let scores: Matrix<Base>

  init(_ chunk: Problem<Base>, _ model: PrecisionModel, _ stored: inout Rounder<Base>) {
    self.model = model
    scale = chunk.scale
    v = stored(chunk.v, model.inputs)
    beta = stored(chunk.beta, model.inputs)
    let storedK = stored(chunk.k, model.inputs)
    q = stored(stored(chunk.q, model.inputs), model.operands)
    scaledQ = stored(chunk.scale * q, model.operands)
    k = stored(storedK, model.operands)
    weightedK = stored(beta .* storedK, model.operands)
    weightedV = stored(beta .* v, model.operands)
    S = chunk.initialState
    entering = stored(S, model.enteringState)
    let keyColumns = k.transposed
    let A = (weightedK ⊗ keyColumns).strictLowerTriangle
    J = stored(substituted(A, model.inverse, &stored), model.transform)
    W = stored(J ⊗ weightedK, model.w)
    X = stored(stored(J ⊗ weightedV, model.u) - W ⊗ entering, model.pseudoValues)
    allScores = (q ⊗ keyColumns).lowerTriangle
    scores = stored(allScores, model.scores)
  }

  func o(_ stored: inout Rounder<Base>) -> Matrix<Base> {
    stored(scale * (q ⊗ entering + scores ⊗ X), model.outputs)
  }

  func finalState(_ stored: inout Rounder<Base>) -> Matrix<Base> {
    stored(S + k.transposed ⊗ X, model.carriedState)
  }

  func gradient(
    _ cotangent: Cotangent<Base>, _ stored: inout Rounder<Base>
  ) -> Gradient<Base> {
    let dO = stored(cotangent.o, model.operands)
    let dNext = stored(cotangent.finalState, model.enteringState)
    let (enteringTransposed, JTransposed) = (entering.transposed, J.transposed)
    let scaledScores = stored(scale * allScores, model.scores)
    let dXOfScores = stored(scaledScores.transposed ⊗ dO, model.pseudoValues)
    let dX = stored(dXOfScores + k ⊗ dNext, model.pseudoValues)
    let dG = stored(scale * (dO ⊗ X.transposed).lowerTriangle, model.scores)
    let dW = stored(-(dX ⊗ enteringTransposed), model.w)
    let dJ = stored(
      (dW ⊗ weightedK.transposed + dX ⊗ weightedV.transposed).strictLowerTriangle,
      model.transform)
    let dA = stored(
      -(stored(JTransposed ⊗ dJ, model.transform) ⊗ JTransposed).strictLowerTriangle,
      model.transform)
    // The cotangents of diag(β) K through W, and of diag(β) V.
    let (throughW, throughU) = (JTransposed ⊗ dW, JTransposed ⊗ dX)
    let throughA = dA ⊗ k
    // One kernel stores what reaches the keys through scores and state, another adds the rest.
    let dkOfScores = stored(dG.transposed ⊗ q + X ⊗ dNext.transposed, model.outputs)
    let dkOfWrites = stored(
      beta .* (throughW + throughA) + dA.transposed ⊗ weightedK, model.outputs)
    return Gradient(
      dq: stored(scale * (dO ⊗ enteringTransposed) + dG ⊗ k, model.outputs),
      dk: stored(dkOfScores + dkOfWrites, model.outputs),
      dv: stored(beta .* throughU, model.outputs),
      dbeta: stored(
        (throughU .* v).rowSums + ((throughW + throughA) .* k).rowSums, model.outputs),
      dh0: stored(
        cotangent.finalState + scaledQ.transposed ⊗ dO - W.transposed ⊗ dX,
        model.carriedState))
  }
}

/// (I + A)⁻¹ by forward substitution, what enters it rounded to `format`.
private func substituted<Base>(
  _ A: Matrix<Base>, _ format: FloatFormat, _ stored: inout Rounder<Base>
) -> Matrix<Base> {
  let A = stored(A, format)
  var inverse = Matrix<Base>.identity(A.rows)
  var entering = inverse
  for i in 1..<max(1, A.rows) {
    var row = -(A[rows: i..<i + 1] ⊗ entering)
    row[0, i] = .one
    inverse[row: i] = row
    entering[row: i] = stored(row, format)
  }
  return inverse
}

/// The matrix product with sums taken in order, as matrix units and plain loops take them.
infix operator ⊗ : MultiplicationPrecedence

private func ⊗ <Base: Real>(
  a: Matrix<Base>, b: Matrix<Base>
) -> Matrix<Base> {
  precondition(a.columns == b.rows, "\(a.rows) × \(a.columns) by \(b.rows) × \(b.columns)")
  let (n, p) = (a.columns, b.columns)
  let entries = [Base](unsafeUninitializedCapacity: a.rows * p) { result, count in
    result.initialize(repeating: .zero)
    count = a.rows * p
    a.entries.withUnsafeBufferPointer { x in
      b.entries.withUnsafeBufferPointer { y in
        for i in 0..<a.rows {
          let row = UnsafeMutableBufferPointer(rebasing: result[i * p..<(i + 1) * p])
          var m = 0
          // Four terms at a time, one after the other, save loads and stores.
          while m + 4 <= n {
            let (x0, x1, x2, x3) = (
              x[i * n + m], x[i * n + m + 1], x[i * n + m + 2], x[i * n + m + 3]
            )
            let y0 = m * p
            for j in 0..<p {
              row[j] =
                (((row[j] + x0 * y[y0 + j]) + x1 * y[y0 + p + j]) + x2 * y[y0 + 2 * p + j])
                + x3 * y[y0 + 3 * p + j]
            }
            m += 4
          }
          while m < n {
            let x0 = x[i * n + m]
            for j in 0..<p { row[j] += x0 * y[m * p + j] }
            m += 1
          }
        }
      }
    }
  }
  return Matrix(rows: a.rows, columns: p, entries: entries)
}
