import Algebra
import DeltaRule

/// One chunk with one mistake, or none. Names are those of `utTransformedBackward`.
struct FaultyChunk<Scalar: Field> {
  private let fault: Fault?
  private let q: Matrix<Scalar>
  private let k: Matrix<Scalar>
  private let v: Matrix<Scalar>
  private let beta: Matrix<Scalar>
  private let scale: Scalar
  /// The state that enters the chunk.
  let S: Matrix<Scalar>
  /// The state that entered the chunk before.
  private let stale: Matrix<Scalar>
  private let isFirst: Bool
  private let inverse: Matrix<Scalar>
  private let T: Matrix<Scalar>
  private let W: Matrix<Scalar>
  private let U: Matrix<Scalar>
  private let X: Matrix<Scalar>
  private let scores: Matrix<Scalar>
  /// The state after the chunk.
  let next: Matrix<Scalar>
  private let isTail: Bool

  private func has(_ fault: Fault) -> Bool { self.fault == fault }

  /// - Parameters:
  ///   - earlierV: for every token the value of the one before.
  ///   - isOnly: whether the sequence has one token.
  init(
    _ fault: Fault?, q: Matrix<Scalar>, k allK: Matrix<Scalar>, v: Matrix<Scalar>,
    earlierV: Matrix<Scalar>, beta: Matrix<Scalar>, scale: Scalar, S: Matrix<Scalar>,
    stale: Matrix<Scalar>, isFirst: Bool, isOnly: Bool, chunkLength: Int
  ) {
    func has(_ other: Fault) -> Bool { fault == other }
    self.fault = fault
    self.q = q
    self.v = v
    self.beta = beta
    self.scale = scale
    self.S = S
    self.stale = stale
    self.isFirst = isFirst
    let (n, dk, dv) = (q.rows, q.columns, v.columns)
    isTail = n < chunkLength

    k = Matrix(n, dk) { i, j in
      has(.lastKeyFeatureDropped) && dk % 2 == 1 && dk > 1 && j == dk - 1
        || has(.featuresBeyondValueWidth) && j >= dv ? .zero : allK[i, j]
    }
    let keyColumns = k.transposed
    let products = k * keyColumns
    let A = Matrix(n, n) { i, j in
      guard i > j || has(.overlapsWithDiagonal) && i == j else { return Scalar.zero }
      if has(.overlapsWithoutBeta) { return products[i, j] }
      return beta[has(.overlapsBetaOfColumn) ? j : i, 0] * products[i, j]
    }
    let inverse = faultyInverse(A, fault, blockLength: chunkLength >= 32 ? 16 : chunkLength / 2)
    self.inverse = inverse
    func transform(_ factor: (_ i: Int, _ j: Int) -> Scalar) -> Matrix<Scalar> {
      Matrix(n, n) { inverse[$0, $1] * factor($0, $1) }
    }
    let T = transform { i, j in
      if has(.transformWithoutBeta) { return .one }
      if has(.transformBetaTwice) { return beta[j, 0] * beta[j, 0] }
      return beta[has(.transformBetaOfRow) ? i : j, 0]
    }
    self.T = T
    W = (has(.wWithoutBeta) ? inverse : T) * k
    U = (has(.uWithoutBeta) ? inverse : T) * (has(.uOfEarlierValues) ? earlierV : v)
    let read = W * (has(.xStaleState) || has(.xInitialState) ? stale : S)
    var X = has(.xWithoutState) ? U : has(.xPlusState) ? U + read : U - read
    if has(.columnsBeyondKeyWidth) { X = Matrix(n, dv) { $1 < dk ? X[$0, $1] : .zero } }
    self.X = X

    let allScores = (has(.scoresOfKeys) ? k : q) * keyColumns
    scores =
      has(.maskMissing)
      ? allScores
      : has(.maskWithoutDiagonal) ? allScores.strictLowerTriangle : allScores.lowerTriangle

    // What the state adds, row by row.
    var written = has(.stateOfU) ? U : has(.stateOfValues) ? beta .* v : X
    if has(.stateWithoutLastToken) || has(.tailNotWritten) && isTail
      || has(.singleTokenSkipped) && isOnly
    {
      let kept = has(.stateWithoutLastToken) ? n - 1 : 0
      written = Matrix(n, dv) { $0 < kept ? written[$0, $1] : .zero }
    }
    var next = (has(.stateOfQueries) ? q : k).transposed * written
    if !has(.stateReplaced) { next += S }
    if has(.tailPadded), isTail {
      let (key, value) = (k[row: n - 1], v[row: n - 1])
      for _ in n..<chunkLength {
        next += key.transposed * (beta[row: n - 1] .* (value - key * next))
      }
    }
    self.next = next
  }

  var o: Matrix<Scalar> {
    let (n, dv) = (q.rows, v.columns)
    if has(.tailOutputs), isTail { return .zero(n, dv) }
    var fromState = q * (has(.outputsAfterChunk) ? next : S)
    if has(.outputsWithoutState) || has(.initialStateNotRead) && isFirst {
      fromState = .zero(n, dv)
    }
    let read = has(.outputsOfU) ? U : has(.outputsOfValues) ? beta .* v : X
    let fromScores = has(.outputsWithoutScores) ? .zero(n, dv) : scores * read
    let one = Scalar.one
    let o =
      (has(.scaleMissing) || has(.scaleMissingOnState) ? one : scale) * fromState
      + (has(.scaleMissing) || has(.scaleMissingOnScores) ? one : scale) * fromScores
    if has(.lastOutputOfChunk), !isTail {
      return Matrix(n, dv) { $0 < n - 1 ? o[$0, $1] : .zero }
    }
    return has(.scaleTwice) ? scale * o : o
  }

  func gradient(_ cotangent: Cotangent<Scalar>) -> Gradient<Scalar> {
    let (dO, dNext) = (cotangent.o, cotangent.finalState)
    let n = q.rows
    let zeros = (q: Matrix<Scalar>.zero(n, q.columns), v: Matrix<Scalar>.zero(n, v.columns))
    let S = has(.backwardStaleState) ? stale : has(.backwardStateAfterChunk) ? next : self.S

    let dX =
      (has(.dxWithoutScores) ? zeros.v : scale * (scores.transposed * dO))
      + (has(.dxWithoutState) ? zeros.v : k * dNext)
    let allScoreCotangents = dO * (has(.dgOfU) ? U : X).transposed
    let unscaledG =
      has(.dgUnmasked)
      ? allScoreCotangents
      : has(.dgWithoutDiagonal)
        ? allScoreCotangents.strictLowerTriangle : allScoreCotangents.lowerTriangle
    let dG = scale * unscaledG
    let dW = has(.dwSign) ? dX * S.transposed : -(dX * S.transposed)

    let through = throughTransform(dW: dW, dX: dX)
    var dq =
      (has(.dqWithoutState) ? zeros.q : dO * S.transposed)
      + (has(.dqWithoutScores) ? zeros.q : unscaledG * k)
    if !has(.dqUnscaled) { dq = scale * dq }
    if has(.dqScaledTwice) { dq = scale * dq }
    let dkLocal =
      (has(.dkWithoutScores) ? zeros.q : dG.transposed * q)
      + (has(.dkWithoutState) ? zeros.q : X * dNext.transposed)
    var dv = T.transposed * dX
    if has(.dvLocal) { dv = beta .* dX }
    if has(.dvWithoutBeta) { dv = inverse.transposed * dX }

    let fromOutputs = q.transposed * dO
    var dS = dNext
    if !has(.dsWithoutOutputs) { dS += has(.dsUnscaled) ? fromOutputs : scale * fromOutputs }
    if !has(.dsWithoutW) { dS -= W.transposed * dX }
    return Gradient(
      dq: dq,
      dk: dkLocal + (has(.dkHalved) ? (Scalar.one / Scalar(2)) * through.dk : through.dk),
      dv: dv, dbeta: through.dbeta, dh0: dS)
  }

  /// What reaches k and β through W = T K, U = T V and T.
  private func throughTransform(
    dW: Matrix<Scalar>, dX: Matrix<Scalar>
  ) -> (dk: Matrix<Scalar>, dbeta: Matrix<Scalar>) {
    let n = q.rows
    let dT =
      (has(.dtWithoutW) ? .zero(n, n) : dW * k.transposed)
      + (has(.dtWithoutU) ? .zero(n, n) : dX * v.transposed)
    let dJ = (beta .* dT.transposed).transposed
    let factor = has(.daUntransposed) ? inverse : inverse.transposed
    var dA = has(.daFirstOrder) ? dJ : factor * dJ * factor
    dA = has(.daUnmasked) ? dA : dA.strictLowerTriangle
    if !has(.daSign) { dA = -dA }

    let scaled = has(.daWithoutBeta) ? dA : beta .* dA
    var dk: Matrix<Scalar> = has(.dkWithoutW) ? .zero(n, k.columns) : T.transposed * dW
    if !has(.dkWithoutOverlaps) {
      dk += scaled * k
      if !has(.dkHalfOverlaps) { dk += scaled.transposed * k }
    }
    let products = inverse .* dT
    let sums = (has(.dbetaRowSums) ? products : products.transposed).rowSums
    let overlaps = ((dA * k) .* k).rowSums
    let none = Matrix<Scalar>.zero(n, 1)
    return (
      dk,
      (has(.dbetaWithoutTransform) ? none : sums) + (has(.dbetaWithoutOverlaps) ? none : overlaps)
    )
  }
}

/// (I + A)⁻¹, or what the fault makes of it.
///
/// - Parameter blockLength: of the blocks that are inverted by themselves and then merged.
private func faultyInverse<Scalar: Field>(
  _ A: Matrix<Scalar>, _ fault: Fault?, blockLength: Int
) -> Matrix<Scalar> {
  func series(_ terms: Int) -> Matrix<Scalar> {
    // Horner: I − A (I − A (…)).
    (1..<terms).reduce(.identity(A.rows)) { sum, _ in .identity(A.rows) - A * sum }
  }
  let b = max(1, blockLength)
  switch fault {
  case .inverseMissing: return .identity(A.rows)
  case .inverseFirstOrder: return series(2)
  case .inverseSecondOrder: return series(3)
  case .inverseEightTerms: return series(8)
  case .inverseSign: return substitution(-A)
  case .inverseTransposed: return substitution(A).transposed
  case .inverseLastRow:
    let inverse = substitution(A)
    return Matrix(A.rows, A.rows) { i, j in
      i < A.rows - 1 ? inverse[i, j] : i == j ? .one : .zero
    }
  case .inverseBlocksUnmerged, .inverseMergeSign:
    let inverse = substitution(A)
    return Matrix(A.rows, A.rows) { i, j in
      if i / b == j / b { return inverse[i, j] }
      return fault == .inverseMergeSign ? -inverse[i, j] : .zero
    }
  default: return substitution(A)
  }
}

/// (I + A)⁻¹ by forward substitution: row i from the rows above it. Where A has a diagonal it is added to
/// the sums like any other entry.
private func substitution<Scalar: Field>(_ A: Matrix<Scalar>) -> Matrix<Scalar> {
  var inverse = Matrix<Scalar>.identity(A.rows)
  for i in 0..<A.rows {
    let row = A[row: i] * inverse
    inverse[row: i] -= row
  }
  return inverse
}
