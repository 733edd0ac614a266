import Algebra
import DeltaRule

/// A chunk kernel for batches that makes one mistake, or none.
///
/// Apart from the reference code on purpose: a mistake there must not hide here.
struct FaultyKernel<Scalar: Field>: Sendable {
  let fault: Fault?
  let chunkLength: Int

  init(_ fault: Fault?, chunkLength: Int) {
    self.fault = fault
    self.chunkLength = chunkLength
  }

  func has(_ fault: Fault) -> Bool { self.fault == fault }

  /// One head of one sequence, with what passes between its chunks.
  struct Head {
    var q: Matrix<Scalar>
    var k: Matrix<Scalar>
    var v: Matrix<Scalar>
    var beta: Matrix<Scalar>
    let scale: Scalar
    var initialState: Matrix<Scalar>
    /// Whether the kernel forgets this head's state between chunks.
    let forgets: Bool

    /// One of its value columns, where every column has a β of its own.
    func column(_ column: Int) -> Head {
      Head(
        q: q, k: k, v: v[column: column], beta: beta[column: column], scale: scale,
        initialState: initialState[column: column], forgets: forgets)
    }
  }
}

// MARK: - Batches

extension FaultyKernel {
  func solve(_ problem: BatchedProblem<Scalar>) -> BatchedSolution<Scalar> {
    var before: [Int: Matrix<Scalar>] = [:]
    var index = 0
    let solution = problem.solve { _ in
      let (n, h) = index.quotientAndRemainder(dividingBy: problem.headCount)
      index += 1
      let solution = solve(head(h, ofSequence: n, of: problem, before: before[h]))
      before[h] = solution.finalState
      return solution
    }
    return BatchedSolution(o: written(solution.o), finalState: solution.finalState)
  }

  func gradient(
    _ problem: BatchedProblem<Scalar>, _ cotangent: BatchedSolution<Scalar>
  ) throws -> BatchedGradient<Scalar> {
    // States pass from sequence to sequence forwards, their cotangents backwards.
    let (N, H) = (problem.sequenceCount, problem.headCount)
    var heads: [Head] = []
    var before: [Int: Matrix<Scalar>] = [:]
    for n in 0..<N {
      for h in 0..<H {
        let head = head(h, ofSequence: n, of: problem, before: before[h])
        if has(.statesLeak) { before[h] = solve(head).finalState }
        heads.append(head)
      }
    }
    var gradients = [Gradient<Scalar>?](repeating: nil, count: N * H)
    for n in (0..<N).reversed() {
      let (batch, tokens) = problem.location(ofSequence: n)
      for h in 0..<H {
        var dht = cotangent.finalState[n, stateOfHead: h]
        if has(.dsLeaks), problem.boundaries != nil, n + 1 < N,
          let later = gradients[(n + 1) * H + h]
        {
          dht += later.dh0
        }
        gradients[n * H + h] = gradient(
          heads[n * H + h],
          Cotangent(o: cotangent.o[batch, tokens: tokens, head: h], finalState: dht))
      }
    }
    var each = gradients.compactMap { $0 }[...]
    var index = 0
    let groupSize = H / problem.k.shape[2]
    return try problem.gradient(cotangent) { _, _ in
      var part = each.removeFirst()
      let isLast = index % groupSize == groupSize - 1
      index += 1
      if has(.dqOfLastHead), !isLast { part.dq = .zero(part.dq.rows, part.dq.columns) }
      if has(.dkOfLastHead), !isLast { part.dk = .zero(part.dk.rows, part.dk.columns) }
      if has(.dbetaOfFirstHead), let first = gradients[(index - 1) / H * H] {
        part.dbeta = first.dbeta
      }
      return part
    }
  }

  /// What the kernel takes for head `h` of sequence `n`.
  ///
  /// - Parameter before: the state that the sequence before left.
  private func head(
    _ h: Int, ofSequence n: Int, of problem: BatchedProblem<Scalar>, before: Matrix<Scalar>?
  ) -> Head {
    let (batch, tokens) = problem.location(ofSequence: n)
    let keyHead = has(.headsTiled) ? h % problem.k.shape[2] : problem.keyHead(of: h)
    var initialState = problem.initialState[
      has(.initialStateOfFirstSequence) ? 0 : n, stateOfHead: has(.initialStateOfFirstHead) ? 0 : h]
    if has(.initialStateIgnored) || has(.emptySequenceZero) && tokens.isEmpty {
      initialState = .zero(initialState.rows, initialState.columns)
    }
    if has(.initialStateTransposed) { initialState = initialState.misread }
    if has(.statesLeak), problem.boundaries != nil, let before { initialState = before }
    var beta = problem.beta[batch, tokens: tokens, head: has(.betaOfFirstHead) ? 0 : h]
    if has(.betaOfFirstColumn), beta.columns > 1 {
      beta = Matrix(beta.rows, beta.columns) { t, _ in beta[t, 0] }
    }
    if has(.betaOfEarlierToken) { beta = beta.delayed }
    return Head(
      q: problem.q[batch, tokens: tokens, head: keyHead],
      k: problem.k[batch, tokens: tokens, head: keyHead],
      v: problem.v[batch, tokens: tokens, head: h], beta: beta, scale: problem.scale,
      initialState: initialState,
      forgets: has(.lastHeadForgets) && h > 0 && h == problem.headCount - 1)
  }

  /// o as it is written to memory.
  private func written(_ o: Tensor<Scalar>) -> Tensor<Scalar> {
    var elements = o.elements
    if has(.oneOutput), let last = elements.indices.last {
      elements[last] *= Scalar(51) / Scalar(50)
    }
    let (heads, width) = (o.shape[2], o.shape[3])
    if has(.outputHeadsSwapped), heads > 1 {
      for row in stride(from: 0, to: elements.count, by: heads * width) {
        for d in 0..<width { elements.swapAt(row + d, row + width + d) }
      }
    }
    return Tensor(shape: o.shape, elements: elements)
  }
}

// MARK: - Heads

extension Candidate {
  /// A chunk kernel that makes this mistake, or none.
  public init(making fault: Fault?) {
    typealias Faulty = FaultyKernel<PrimeField>
    let name = fault?.rawValue ?? "no fault"
    self.init(
      Formulation(
        chunked: name, cost: .chunkwise, takesVectorBeta: true,
        forward: { Faulty(fault, chunkLength: $1).solve($0) },
        backward: { Faulty(fault, chunkLength: $2).gradient($0, $1) }),
      kernel: Kernel(
        name, isChunked: true,
        solve: { Faulty(fault, chunkLength: $1).solve($0) },
        gradient: { try Faulty(fault, chunkLength: $2).gradient($0, $1) }),
      normalizing: Kernel(
        name, isChunked: true,
        solve: { try FaultyKernel(fault, chunkLength: $1).solve($0, usesL2Norm: true) },
        gradient: {
          try FaultyKernel(fault, chunkLength: $2).gradient($0, $1, usesL2Norm: true)
        }))
  }
}

extension FaultyKernel {
  /// One head of one sequence, as a batch.
  func solve(_ problem: Problem<Scalar>) -> Solution<Scalar> {
    let solution = solve(BatchedProblem(problem))
    return Solution(
      o: solution.o[0, tokens: 0..<problem.length, head: 0],
      finalState: solution.finalState[0, stateOfHead: 0])
  }

  func gradient(_ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>) -> Gradient<Scalar> {
    gradient(head(0, ofSequence: 0, of: BatchedProblem(problem), before: nil), cotangent)
  }

  private func solve(_ head: Head) -> Solution<Scalar> {
    guard head.beta.columns == 1 else {
      let columns = (0..<head.v.columns).map { solve(head.column($0)) }
      return Solution(
        o: Matrix(columns: columns.map(\.o)),
        finalState: Matrix(columns: columns.map(\.finalState)))
    }
    var o = Matrix<Scalar>.zero(head.v.rows, head.v.columns)
    var chunks: [FaultyChunk<Scalar>] = []
    for (n, rows) in head.chunks(of: chunkLength).enumerated() {
      let chunk = chunk(n, rows, of: head, after: chunks)
      o[rows: rows] = chunk.o
      chunks.append(chunk)
    }
    return Solution(o: o, finalState: finalState(of: head, after: chunks))
  }

  private func finalState(of head: Head, after chunks: [FaultyChunk<Scalar>]) -> Matrix<Scalar> {
    guard let last = chunks.last else { return head.initialState }
    if has(.finalStateBeforeLastChunk) { return last.S }
    if has(.finalStateTransposed) { return last.next.misread }
    if has(.finalStateWithoutInitial) { return last.next - head.initialState }
    return last.next
  }

  /// Chunk `n`, `rows` of the head's tokens.
  private func chunk(
    _ n: Int, _ rows: Range<Int>, of head: Head, after earlier: [FaultyChunk<Scalar>]
  ) -> FaultyChunk<Scalar> {
    var S = earlier.last?.next ?? head.initialState
    if has(.stateNotCarried) { S = head.initialState }
    if has(.stateOfFirstChunk), n > 1 { S = earlier[0].next }
    if head.forgets { S = .zero(S.rows, S.columns) }
    var stale = earlier.last?.S ?? S
    if has(.xInitialState) { stale = head.initialState }
    return FaultyChunk(
      fault, q: head.q[rows: rows], k: head.k[rows: rows], v: head.v[rows: rows],
      earlierV: head.v.delayed[rows: rows], beta: head.beta[rows: rows], scale: head.scale, S: S,
      stale: stale, isFirst: n == 0, isOnly: head.v.rows == 1, chunkLength: chunkLength)
  }

  private func gradient(_ head: Head, _ cotangent: Cotangent<Scalar>) -> Gradient<Scalar> {
    guard head.beta.columns == 1 else {
      let columns = (0..<head.v.columns).map { column in
        gradient(
          head.column(column),
          Cotangent(
            o: cotangent.o[column: column], finalState: cotangent.finalState[column: column]))
      }
      return Gradient(
        dq: columns.map(\.dq).reduce(.zero(head.q.rows, head.q.columns), +),
        dk: columns.map(\.dk).reduce(.zero(head.k.rows, head.k.columns), +),
        dv: Matrix(columns: columns.map(\.dv)), dbeta: Matrix(columns: columns.map(\.dbeta)),
        dh0: Matrix(columns: columns.map(\.dh0)))
    }
    var head = head
    if has(.backwardZeroState) {
      head.initialState = .zero(head.initialState.rows, head.initialState.columns)
    }
    var dht = cotangent.finalState
    if has(.dhtIgnored) { dht = .zero(dht.rows, dht.columns) }
    if has(.dhtTransposed) { dht = dht.misread }

    let ranges = head.chunks(of: chunkLength)
    var chunks: [FaultyChunk<Scalar>] = []
    for (n, rows) in ranges.enumerated() { chunks.append(chunk(n, rows, of: head, after: chunks)) }
    var total = Gradient(
      dq: .zero(head.q.rows, head.q.columns), dk: .zero(head.k.rows, head.k.columns),
      dv: .zero(head.v.rows, head.v.columns), dbeta: .zero(head.beta.rows, 1), dh0: dht)
    for (rows, chunk) in zip(ranges, chunks).reversed() {
      let part = chunk.gradient(Cotangent(o: cotangent.o[rows: rows], finalState: total.dh0))
      if !(has(.backwardTail) && rows.count < chunkLength) {
        total.dq[rows: rows] = part.dq
        total.dk[rows: rows] = part.dk
        total.dv[rows: rows] = part.dv
        total.dbeta[rows: rows] = part.dbeta
      }
      total.dh0 = has(.dsCut) ? .zero(dht.rows, dht.columns) : part.dh0
    }
    if has(.dh0Zero) { total.dh0 = .zero(dht.rows, dht.columns) }
    if has(.dh0OfDht) { total.dh0 = dht }
    if has(.dh0Transposed) { total.dh0 = total.dh0.misread }
    if has(.dqSign) { total.dq = -total.dq }
    if has(.dkSign) { total.dk = -total.dk }
    if has(.dh0Sign) { total.dh0 = -total.dh0 }
    if has(.dqdkExchanged) { swap(&total.dq, &total.dk) }
    if has(.dvSign) { total.dv = -total.dv }
    if has(.dbetaSign) { total.dbeta = -total.dbeta }
    if has(.dbetaTimesBeta) { total.dbeta = head.beta .* total.dbeta }
    return total
  }
}

extension FaultyKernel.Head {
  func chunks(of length: Int) -> [Range<Int>] {
    stride(from: 0, to: v.rows, by: length).map { $0..<min($0 + length, v.rows) }
  }
}

extension Matrix {
  /// The same memory read as if it were the transpose.
  fileprivate var misread: Matrix {
    let entries = transposed.entries
    return Matrix(rows: rows, columns: columns, entries: entries)
  }

  /// Every row one later; the first stays.
  fileprivate var delayed: Matrix { Matrix(rows, columns) { self[max(0, $0 - 1), $1] } }
}
