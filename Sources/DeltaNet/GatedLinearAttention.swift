import Algebra
import DeltaRule
import DeltaRuleCPU

/// What a memory gives that never looks at what it holds, token by token:
///
///   S_t = diag(α_t) S_{t−1} + k_tᵀ x_t     x_t = β_t v_t     o_t = scale · q_t S_t
///
/// and without α, linear attention. The gradient is three more sweeps of the same kind, and needs no token's state:
///
///   dq by Sᵀ     dx by dS, from the last token     dk by dSᵀ, from the last token
///   d ln α_t = q_t ∘ dq_t − k_t ∘ dk_t + d ln α_{t+1}
///
/// where the final state has no cotangent. A baseline: one token after another, whatever the length.
///
/// - Complexity: 5·dk·dv operations a token and head forwards, 15·dk·dv backwards.
/// - Source: *Gated Linear Attention Transformers with Hardware-Efficient Training*, section 4; equation 1 of the paper without α.
enum GatedLinearAttention {
  /// - Parameter logDecay: ln α of each token, in the shape of the keys; nil for 0.
  /// - Returns: the pullback takes do, and gives ∂/∂ln α beside the gradient; the initial state's is left at 0.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  static func valueWithPullback<Number: KernelNumber>(
    _ problem: BatchedProblem<Number>, logDecay: Tensor<Number>?
  ) -> (
    value: BatchedSolution<Number>,
    pullback: (_ dO: Tensor<Number>) -> (BatchedGradient<Number>, dLogDecay: Tensor<Number>?)
  ) {
    func sweeps(_ n: Int, _ h: Int) -> HeadSweeps<Number> {
      let (batch, tokens) = problem.location(ofSequence: n)
      return HeadSweeps(
        problem.head(h, ofSequence: n), logDecay.map { $0[batch, tokens: tokens, head: h] })
    }
    var (o, finalState) = (problem.v, problem.initialState)
    for n in 0..<problem.sequenceCount {
      for h in 0..<problem.headCount {
        let (batch, tokens) = problem.location(ofSequence: n)
        let solution = sweeps(n, h).solution()
        o[batch, tokens: tokens, head: h] = solution.o
        finalState[n, stateOfHead: h] = solution.finalState
      }
    }
    return (
      BatchedSolution(o: o, finalState: finalState),
      { dO in
        func zeros(_ x: Tensor<Number>) -> Tensor<Number> { Tensor(repeating: 0, shape: x.shape) }
        var total = BatchedGradient(
          dq: zeros(problem.q), dk: zeros(problem.k), dv: zeros(problem.v),
          dbeta: zeros(problem.beta), dh0: zeros(problem.initialState))
        var dLogDecay = logDecay
        for n in 0..<problem.sequenceCount {
          for h in 0..<problem.headCount {
            let (batch, tokens) = problem.location(ofSequence: n)
            let keyHead = problem.keyHead(of: h)
            let part = sweeps(n, h).gradient(dO[batch, tokens: tokens, head: h])
            total.dq[batch, tokens: tokens, head: keyHead] += part.dq
            total.dk[batch, tokens: tokens, head: keyHead] += part.dk
            total.dv[batch, tokens: tokens, head: h] = part.dv
            total.dbeta[batch, tokens: tokens, head: h] = part.dbeta
            dLogDecay?[batch, tokens: tokens, head: h] = part.dLogDecay
          }
        }
        return (total, dLogDecay)
      }
    )
  }
}

/// One head of one sequence.
private struct HeadSweeps<Number: KernelNumber> {
  private let problem: Problem<Number>
  /// Queries, times the scale.
  private let q: Matrix<Number>
  private let x: Matrix<Number>
  /// α.
  private let decay: Matrix<Number>?

  init(_ problem: Problem<Number>, _ logDecay: Matrix<Number>?) {
    self.problem = problem
    q = problem.scale * problem.q
    x = problem.beta .* problem.v
    decay = logDecay?.map(exponential)
  }

  func solution() -> (o: Matrix<Number>, finalState: Matrix<Number>) {
    var state = problem.initialState.entries
    let o = sweep(
      0..<problem.length, &state, writing: problem.k, x, reading: q, rowDecay: decay)
    return (
      o, Matrix(rows: problem.keyDimension, columns: problem.valueDimension, entries: state)
    )
  }

  func gradient(_ dO: Matrix<Number>) -> (
    dq: Matrix<Number>, dk: Matrix<Number>, dv: Matrix<Number>, dbeta: Matrix<Number>,
    dLogDecay: Matrix<Number>
  ) {
    let (k, v, beta) = (problem.k, problem.v, problem.beta)
    let backwards = (0..<problem.length).reversed()
    // What the next token forgets of what this one leaves.
    let nextDecay = decay.map { decay in
      Matrix(decay.rows, decay.columns) { $0 + 1 < decay.rows ? decay[$0 + 1, $1] : 1 }
    }
    var state = problem.initialState.transposed.entries
    let dq = sweep(
      0..<problem.length, &state, writing: x, k, reading: dO, columnDecay: decay)
    var dS = [Number](repeating: 0, count: state.count)
    let dx = sweep(backwards, &dS, writing: q, dO, reading: k, rowDecay: nextDecay)
    dS = Array(repeating: 0, count: state.count)
    let dk = sweep(backwards, &dS, writing: dO, q, reading: x, columnDecay: nextDecay)

    var dLogDecay = zip(q.entries, dq.entries).map(*)
    for i in dLogDecay.indices.reversed() {
      let next = i + dq.columns
      dLogDecay[i] -= k.entries[i] * dk.entries[i]
      if next < dLogDecay.count { dLogDecay[i] += dLogDecay[next] }
    }
    let dbeta = Matrix(v.rows, 1) { t, _ in
      (0..<v.columns).reduce(0) { $0 + v[t, $1] * dx[t, $1] }
    }
    return (
      problem.scale * dq, dk, beta .* dx, dbeta,
      Matrix(rows: dq.rows, columns: dq.columns, entries: dLogDecay)
    )
  }

  /// y_t = r_t S, after S ← diag(rows) S diag(columns) + u_tᵀ w_t, for one token after another.
  private func sweep(
    _ tokens: some Sequence<Int>, _ state: inout [Number], writing u: Matrix<Number>,
    _ w: Matrix<Number>, reading r: Matrix<Number>, rowDecay: Matrix<Number>? = nil,
    columnDecay: Matrix<Number>? = nil
  ) -> Matrix<Number> {
    let (m, n) = (u.columns, w.columns)
    let (writes, reads, values) = (u.entries, r.entries, w.entries)
    let (rows, columns) = (rowDecay?.entries, columnDecay?.entries)
    var y = [Number](repeating: 0, count: values.count)
    state.withUnsafeMutableBufferPointer { state in
      y.withUnsafeMutableBufferPointer { y in
        values.withUnsafeBufferPointer { values in
          for t in tokens {
            if let columns {
              columns.withUnsafeBufferPointer { columns in
                let a = columns.baseAddress! + t * n
                for i in 0..<m {
                  let row = state.baseAddress! + i * n
                  for j in 0..<n { row[j] *= a[j] }
                }
              }
            }
            let (w, y) = (values.baseAddress! + t * n, y.baseAddress! + t * n)
            for i in 0..<m {
              let row = state.baseAddress! + i * n
              let (write, read) = (writes[t * m + i], reads[t * m + i])
              let a = rows?[t * m + i] ?? 1
              for j in 0..<n {
                row[j] = a * row[j] + write * w[j]
                y[j] += read * row[j]
              }
            }
          }
        }
      }
    }
    return Matrix(rows: w.rows, columns: n, entries: y)
  }
}
