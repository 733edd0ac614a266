/// The delta rule by chunks, in matrix products and triangular solves of OpenBLAS: `DeltaRule.chunkwiseSolve` and its
/// gradient, on memory.
///
///     (I + N diag(β)) R = V − K S,  N = tril(K Kᵀ, −1),  X = diag(β) R
///     O = scale · (Q S + tril(Q Kᵀ) X)                   S ← S + Kᵀ X
///
/// The gradient takes the residuals R from the forward pass, and goes through the chunks twice: backwards for dS, dV, dβ and
/// one part of dK, and forwards, with S built up again, for dQ and the other.
struct ChunkwiseSolve<Number: KernelNumber> {
  typealias Pointer = UnsafeMutablePointer<Number>

  /// C.
  let chunkLength: Int
  let keyDimension: Int
  /// The tokens of the longest sequence.
  let longest: Int

  /// OpenBLAS cuts a product up by its width, so that the columns belong together.
  var kernel: HeadKernel<Number> {
    HeadKernel(
      panelWidth: nil, space: forwardSpace, forward: forward, backwardSpace: backwardSpace,
      backward: backward)
  }

  private var square: Int { chunkLength * chunkLength }
  private var keys: Int { chunkLength * keyDimension }

  private func forwardSpace(_ columns: Int) -> Int {
    2 * keys + 2 * square + 2 * chunkLength * columns
  }

  private func backwardSpace(_ columns: Int) -> Int {
    4 * keys + 2 * square + 3 * chunkLength * columns + keyDimension * columns
      + 2 * chunkLength * (longest + chunkLength)
  }

  private func forward(_ head: Head<Number>, _ columns: Range<Int>, _ space: Pointer) {
    guard let finalState = head.finalState else { return }
    let (C, n, dk, dv) = (chunkLength, columns.count, keyDimension, head.valueDimension)
    var room = Room(space)
    let (qSpace, kSpace) = (room.take(keys), room.take(keys))
    let (G, P) = (Rows(room.take(square), C), Rows(room.take(square), C))
    let (R, X) = (Rows(room.take(C * n), n), Rows(room.take(C * n), n))
    let S = Rows(finalState, dv).from(column: columns.lowerBound)
    S.copy(head.initialState, from: columns, of: dv, rows: dk)

    for chunk in Pieces(of: head.length, size: C) {
      let (m, tokens) = (chunk.count, ChunkOfTokens(head, chunk, columns))
      let (q, k) = (tokens.keys(head.q, qSpace), tokens.keys(head.k, kSpace))
      R.copy(tokens.v, rows: m, columns: n)
      R.add(-1, k, S, rows: m, columns: n, depth: dk)
      G.set(1, k, k.transposed, rows: m, columns: m, depth: dk)
      tokens.solve(G, R, X)
      if head.residuals.start != nil { tokens.residuals.copy(R, rows: m, columns: n) }
      if head.o.start != nil {
        tokens.o.set(head.scale, q, S, rows: m, columns: n, depth: dk)
        P.set(1, q, k.transposed, rows: m, columns: m, depth: dk)
        P.clearUpperTriangle(m)
        tokens.o.add(head.scale, P, X, rows: m, columns: n, depth: m)
      }
      S.add(1, k.transposed, X, rows: dk, columns: n, depth: m)
    }
  }

  private func backward(
    _ head: Head<Number>, _ gradient: HeadGradient<Number>, _ columns: Range<Int>, _ space: Pointer
  ) {
    guard let dInitialState = gradient.dInitialState else { return }
    let (C, n, dk, dv) = (chunkLength, columns.count, keyDimension, head.valueDimension)
    var room = Room(space)
    let (qSpace, kSpace) = (room.take(keys), room.take(keys))
    let (dQ, dK) = (Rows(room.take(keys), dk), Rows(room.take(keys), dk))
    let (G, P) = (Rows(room.take(square), C), Rows(room.take(square), C))
    let (X, dX, dV) = (
      Rows(room.take(C * n), n), Rows(room.take(C * n), n), Rows(room.take(C * n), n)
    )
    let S = Rows(room.take(dk * n), n)
    // scale · tril(dO Xᵀ) and −tril(dV Xᵀ, −1) of every chunk.
    let scores = Rows(room.take(C * (longest + C)), C)
    let overlaps = Rows(room.take(C * (longest + C)), C)
    let dS = Rows(dInitialState, dv).from(column: columns.lowerBound)
    dS.copy(gradient.dFinalState, from: columns, of: dv, rows: dk)
    let chunks = Pieces(of: head.length, size: C)

    for chunk in chunks.reversed() {
      let (m, tokens) = (chunk.count, ChunkOfTokens(head, chunk, columns))
      let (q, k) = (tokens.keys(head.q, qSpace), tokens.keys(head.k, kSpace))
      let dO = tokens.columns(of: gradient.dO)
      let (dG, dN) = (scores.from(row: chunk.lowerBound), overlaps.from(row: chunk.lowerBound))
      tokens.weigh(X)
      P.set(1, q, k.transposed, rows: m, columns: m, depth: dk)
      dX.set(1, k, dS, rows: m, columns: n, depth: dk)
      P.clearUpperTriangle(m)
      dX.add(head.scale, P.transposed, dO, rows: m, columns: n, depth: m)
      G.set(1, k, k.transposed, rows: m, columns: m, depth: dk)
      tokens.solveBack(G, dX, dV)
      tokens.put(dX, dV, gradient)

      dG.set(head.scale, dO, X.transposed, rows: m, columns: m, depth: n)
      dN.set(-1, dV, X.transposed, rows: m, columns: m, depth: n)
      dG.clearUpperTriangle(m)
      dN.clearUpperTriangle(m, withDiagonal: true)
      dK.set(1, X, dS.transposed, rows: m, columns: dk, depth: n)
      dK.add(1, dG.transposed, q, rows: m, columns: dk, depth: m)
      dK.add(1, dN.transposed, k, rows: m, columns: dk, depth: m)
      tokens.put(dK, of: head.k, normalized: k, into: gradient.dk, adding: false)

      dS.add(head.scale, q.transposed, dO, rows: dk, columns: n, depth: m)
      dS.add(-1, k.transposed, dV, rows: dk, columns: n, depth: m)
    }

    S.copy(head.initialState, from: columns, of: dv, rows: dk)
    for chunk in chunks {
      let (m, tokens) = (chunk.count, ChunkOfTokens(head, chunk, columns))
      let (q, k) = (tokens.keys(head.q, qSpace), tokens.keys(head.k, kSpace))
      let (dO, dV) = (tokens.columns(of: gradient.dO), tokens.columns(of: gradient.dv))
      let (dG, dN) = (scores.from(row: chunk.lowerBound), overlaps.from(row: chunk.lowerBound))
      dQ.set(head.scale, dO, S.transposed, rows: m, columns: dk, depth: n)
      dQ.add(1, dG, k, rows: m, columns: dk, depth: m)
      tokens.put(dQ, of: head.q, normalized: q, into: gradient.dq, adding: false)
      dK.set(-1, dV, S.transposed, rows: m, columns: dk, depth: n)
      dK.add(1, dN, k, rows: m, columns: dk, depth: m)
      tokens.put(dK, of: head.k, normalized: k, into: gradient.dk, adding: true)
      tokens.weigh(X)
      S.add(1, k.transposed, X, rows: dk, columns: n, depth: m)
    }
  }
}

/// A workspace as it is shared out.
private struct Room<Number> {
  private var next: UnsafeMutablePointer<Number>

  init(_ start: UnsafeMutablePointer<Number>) { next = start }

  mutating func take(_ count: Int) -> UnsafeMutablePointer<Number> {
    defer { next += count }
    return next
  }
}

/// Some tokens and value columns of a head.
private struct ChunkOfTokens<Number: KernelNumber> {
  typealias Pointer = UnsafeMutablePointer<Number>

  let head: Head<Number>
  let tokens: Range<Int>
  let range: Range<Int>

  init(_ head: Head<Number>, _ tokens: Range<Int>, _ columns: Range<Int>) {
    self.head = head
    self.tokens = tokens
    range = columns
  }

  func columns(of x: Rows<Number>) -> Rows<Number> {
    x.from(row: tokens.lowerBound, column: range.lowerBound)
  }

  var v: Rows<Number> { columns(of: head.v) }
  var o: Rows<Number> { columns(of: head.o) }
  var residuals: Rows<Number> { columns(of: head.residuals) }

  /// β of token t for column c of the range.
  private func beta(_ t: Int, _ c: Int) -> Number {
    head.beta[tokens.lowerBound + t][head.hasVectorBeta ? range.lowerBound + c : 0]
  }

  /// y ← diag(β) x for token t.
  private func weigh(_ t: Int, _ x: Pointer, into y: Pointer) {
    if head.hasVectorBeta {
      for c in 0..<range.count { y[c] = beta(t, c) * x[c] }
    } else {
      let beta = beta(t, 0)
      for c in 0..<range.count { y[c] = beta * x[c] }
    }
  }

  /// X = diag(β) R, from the residuals of the forward pass.
  func weigh(_ X: Rows<Number>) {
    for t in 0..<tokens.count { weigh(t, residuals[t], into: X[t]) }
  }

  /// R from what the state leaves of V, and X = diag(β) R. Changes the overlaps G = K Kᵀ.
  func solve(_ G: Rows<Number>, _ R: Rows<Number>, _ X: Rows<Number>) {
    let (m, n) = (tokens.count, range.count)
    if head.hasVectorBeta {
      for i in 0..<m {
        if i > 0 { R.from(row: i).add(-1, G.from(row: i), X, rows: 1, columns: n, depth: i) }
        weigh(i, R[i], into: X[i])
      }
    } else {
      for i in 0..<m {
        for j in 0..<i { G[i][j] *= beta(j, 0) }
      }
      Number.library.solveUnitLower(MatrixOperand(G), R[0], stride: R.stride, m: m, n: n)
      for i in 0..<m { weigh(i, R[i], into: X[i]) }
    }
  }

  /// dX from what the state and the outputs send back, and dV = diag(β) dX. Changes G.
  func solveBack(_ G: Rows<Number>, _ dX: Rows<Number>, _ dV: Rows<Number>) {
    let (m, n) = (tokens.count, range.count)
    if head.hasVectorBeta {
      for i in (0..<m).reversed() {
        weigh(i, dX[i], into: dV[i])
        if i > 0 {
          dX.add(-1, G.from(row: i).transposed, dV.from(row: i), rows: i, columns: n, depth: 1)
        }
      }
    } else {
      for i in 0..<m {
        for j in 0..<i { G[i][j] *= beta(i, 0) }
      }
      Number.library.solveUnitLower(G.transposed, dX[0], stride: dX.stride, m: m, n: n)
      for i in 0..<m { weigh(i, dX[i], into: dV[i]) }
    }
  }

  /// dv, and dβ = dX · R.
  func put(_ dX: Rows<Number>, _ dV: Rows<Number>, _ gradient: HeadGradient<Number>) {
    let n = range.count
    columns(of: gradient.dv).copy(dV, rows: tokens.count, columns: n)
    for t in 0..<tokens.count {
      let (dx, r, dbeta) = (dX[t], residuals[t], gradient.dbeta[tokens.lowerBound + t])
      if head.hasVectorBeta {
        for c in 0..<n { dbeta[range.lowerBound + c] = dx[c] * r[c] }
      } else {
        dbeta[0] = (0..<n).reduce(0) { $0 + dx[$1] * r[$1] }
      }
    }
  }

  /// Queries or keys as the recurrence takes them; normalised ones are put into `space`.
  func keys(_ x: Rows<Number>, _ space: Pointer) -> Rows<Number> {
    let given = x.from(row: tokens.lowerBound)
    guard head.normalizes else { return given }
    let dk = head.keyDimension
    for t in 0..<tokens.count {
      let length = length(given[t])
      for i in 0..<dk { space[t * dk + i] = given[t][i] / length }
    }
    return Rows(space, dk)
  }

  private func length(_ row: Pointer) -> Number {
    ((0..<head.keyDimension).reduce(0) { $0 + row[$1] * row[$1] } + 1e-6).squareRoot()
  }

  /// Puts rows of dq or dk into a gradient, back through the normalisation of x where there is one.
  func put(
    _ dy: Rows<Number>, of x: Rows<Number>, normalized y: Rows<Number>, into dx: Rows<Number>,
    adding: Bool
  ) {
    let dk = head.keyDimension
    let (x, dx) = (x.from(row: tokens.lowerBound), dx.from(row: tokens.lowerBound))
    for t in 0..<tokens.count {
      let row = dy[t]
      if head.normalizes {
        let (y, length) = (y[t], length(x[t]))
        let along = (0..<dk).reduce(0) { $0 + row[$1] * y[$1] }
        for i in 0..<dk { row[i] = (row[i] - along * y[i]) / length }
      }
      for i in 0..<dk { dx[t][i] = adding ? dx[t][i] + row[i] : row[i] }
    }
  }
}

extension Rows where Number: KernelNumber {
  fileprivate init(_ start: UnsafeMutablePointer<Number>, _ stride: Int) {
    self.init(start: start, stride: stride)
  }

  fileprivate var transposed: MatrixOperand<Number> { MatrixOperand(self, transposed: true) }

  /// This ← factor · A B.
  fileprivate func set(
    _ factor: Number, _ a: Rows, _ b: MatrixOperand<Number>, rows: Int, columns: Int, depth: Int
  ) {
    Number.library.multiply(
      MatrixOperand(a), b, into: self[0], stride: stride, m: rows, n: columns, depth: depth,
      factor: factor, keep: 0)
  }

  fileprivate func set(
    _ factor: Number, _ a: Rows, _ b: Rows, rows: Int, columns: Int, depth: Int
  ) {
    set(factor, a, MatrixOperand(b), rows: rows, columns: columns, depth: depth)
  }

  /// This += factor · A B.
  fileprivate func add(
    _ factor: Number, _ a: MatrixOperand<Number>, _ b: Rows, rows: Int, columns: Int, depth: Int
  ) {
    Number.library.multiply(
      a, MatrixOperand(b), into: self[0], stride: stride, m: rows, n: columns, depth: depth,
      factor: factor, keep: 1)
  }

  fileprivate func add(
    _ factor: Number, _ a: Rows, _ b: Rows, rows: Int, columns: Int, depth: Int
  ) {
    add(factor, MatrixOperand(a), b, rows: rows, columns: columns, depth: depth)
  }

  /// Sets what is above the diagonal of a matrix of `size` rows to zero.
  fileprivate func clearUpperTriangle(_ size: Int, withDiagonal: Bool = false) {
    for i in 0..<size {
      let first = withDiagonal ? i : i + 1
      (self[i] + first).update(repeating: 0, count: size - first)
    }
  }

  fileprivate func copy(_ other: Rows, rows: Int, columns: Int) {
    for i in 0..<rows { self[i].update(from: other[i], count: columns) }
  }

  /// The columns of a state with `width` of them; zero where there is none.
  fileprivate func copy(
    _ state: UnsafePointer<Number>?, from columns: Range<Int>, of width: Int, rows: Int
  ) {
    for i in 0..<rows {
      if let state {
        // The final state may be the initial one.
        let row = state + i * width + columns.lowerBound
        if row != self[i] { self[i].update(from: row, count: columns.count) }
      } else {
        self[i].update(repeating: 0, count: columns.count)
      }
    }
  }
}
