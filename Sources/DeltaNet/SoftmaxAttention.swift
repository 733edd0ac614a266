import DeltaRuleCPU

/// O = softmax(Q Kᵀ / √d) V of the heads of some sequences, each token over those before it in its window, and itself.
///
/// Rows of Q are taken in blocks of 64, so that no more than 64 rows of the products are in memory for each thread.
struct SoftmaxAttention: Sendable {
  let headCount: Int
  let keyHeadCount: Int
  /// d of a head.
  let width: Int
  /// How many tokens a token sees, itself included.
  let window: Int

  private static let block = 64

  /// A head of a sequence, in memory. Its first query is for the key `tokens − queries`.
  private struct Head<Number: KernelNumber>: @unchecked Sendable {
    let q: UnsafePointer<Number>
    let k: UnsafePointer<Number>
    let v: UnsafePointer<Number>
    let queries: Int
    let tokens: Int

    /// The key of row `i`'s own token.
    func token(_ i: Int) -> Int { tokens - queries + i }
  }

  /// - Parameters:
  ///   - q: the new tokens of each sequence, heads side by side.
  ///   - keys: for each sequence what it sees, old tokens first; and its values.
  func valueWithPullback<Number: KernelNumber>(
    _ q: Activations<Number>, _ keys: [Activations<Number>], _ values: [Activations<Number>],
    threads: Int
  ) -> (
    value: Activations<Number>,
    pullback: (Activations<Number>) -> (
      dq: Activations<Number>, dk: [Activations<Number>], dv: [Activations<Number>]
    )
  ) {
    let o = Activations<Number>(rows: q.rows, columns: q.columns) { start in
      nonisolated(unsafe) let o = start
      forEachKeyHead(q, keys, values, threads) { head, queryStart, _, _ in
        withUnsafeTemporaryAllocation(
          of: Number.self, capacity: Self.block * head.tokens
        ) { scratch in
          for rows in blocks(of: head.queries, Self.block) {
            let seen = probabilities(head, rows, into: scratch.baseAddress!)
            Number.library.multiply(
              MatrixOperand(scratch.baseAddress!, seen.count),
              MatrixOperand(head.v + seen.lowerBound * keyStride, keyStride),
              into: o + queryStart + rows.lowerBound * queryStride, stride: queryStride,
              m: rows.count, n: width, depth: seen.count, factor: 1, keep: 0)
          }
        }
      }
    }
    return (o, { dO in gradient(q, keys, values, o, dO, threads) })
  }

  private func gradient<Number: KernelNumber>(
    _ q: Activations<Number>, _ keys: [Activations<Number>], _ values: [Activations<Number>],
    _ o: Activations<Number>, _ dO: Activations<Number>, _ threads: Int
  ) -> (dq: Activations<Number>, dk: [Activations<Number>], dv: [Activations<Number>]) {
    let keyNumbers = keys[0].elements.count
    var dq = [Number](repeating: 0, count: q.elements.count)
    var dk = [Number](repeating: 0, count: keys.count * keyNumbers)
    var dv = dk
    dq.withUnsafeMutableBufferPointer { dq in
      dk.withUnsafeMutableBufferPointer { dk in
        dv.withUnsafeMutableBufferPointer { dv in
          nonisolated(unsafe) let (dq, dk, dv) = (dq, dk, dv)
          forEachKeyHead(q, keys, values, threads) { head, queryStart, sequence, keyStart in
            let keyStart = sequence * keyNumbers + keyStart
            addGradient(
              head, o, dO, queryStart, to: dq.baseAddress! + queryStart,
              dk.baseAddress! + keyStart, dv.baseAddress! + keyStart)
          }
        }
      }
    }
    func bySequence(_ numbers: [Number]) -> [Activations<Number>] {
      keys.indices.map { n in
        Activations(
          Array(numbers[n * keyNumbers..<(n + 1) * keyNumbers]), columns: keyStride)
      }
    }
    return (Activations(dq, columns: q.columns), bySequence(dk), bySequence(dv))
  }

  /// What one head adds to its own dQ, and to the dK and dV of those that share its keys.
  private func addGradient<Number: KernelNumber>(
    _ head: Head<Number>, _ o: Activations<Number>, _ dO: Activations<Number>, _ start: Int,
    to dq: UnsafeMutablePointer<Number>, _ dk: UnsafeMutablePointer<Number>,
    _ dv: UnsafeMutablePointer<Number>
  ) {
    let library = Number.library
    let area = Self.block * head.tokens
    o.withPointer { o in
      dO.withPointer { dO in
        withUnsafeTemporaryAllocation(of: Number.self, capacity: 2 * area) { scratch in
          let (p, dp) = (scratch.baseAddress!, scratch.baseAddress! + area)
          for rows in blocks(of: head.queries, Self.block) {
            let seen = probabilities(head, rows, into: p)
            let (m, n) = (rows.count, seen.count)
            let (queries, keys) = (rows.lowerBound * queryStride, seen.lowerBound * keyStride)
            let (o, dO) = (o + start + queries, dO + start + queries)
            // dV += Pᵀ dO, dP = dO Vᵀ
            library.multiply(
              MatrixOperand(p, n, transposed: true), MatrixOperand(dO, queryStride),
              into: dv + keys, stride: keyStride, m: n, n: width, depth: m, factor: 1, keep: 1)
            library.multiply(
              MatrixOperand(dO, queryStride),
              MatrixOperand(head.v + keys, keyStride, transposed: true), into: dp, stride: n, m: m,
              n: n, depth: width, factor: 1, keep: 0)
            // dS = P ∘ (dP − rowsum(dO ∘ O))
            for r in 0..<m {
              var along: Number = 0
              for i in r * queryStride..<r * queryStride + width { along += dO[i] * o[i] }
              for c in r * n..<(r + 1) * n { dp[c] = p[c] * (dp[c] - along) }
            }
            // dQ = dS K / √d, dK += dSᵀ Q / √d
            library.multiply(
              MatrixOperand(dp, n), MatrixOperand(head.k + keys, keyStride), into: dq + queries,
              stride: queryStride, m: m, n: width, depth: n, factor: scale(), keep: 0)
            library.multiply(
              MatrixOperand(dp, n, transposed: true), MatrixOperand(head.q + queries, queryStride),
              into: dk + keys, stride: keyStride, m: n, n: width, depth: m, factor: scale(),
              keep: 1)
          }
        }
      }
    }
  }

  private var queryStride: Int { headCount * width }
  private var keyStride: Int { keyHeadCount * width }
  private func scale<Number: KernelNumber>() -> Number { 1 / Number(width).squareRoot() }

  /// P of some rows, without the columns that none of them sees: those that are left.
  private func probabilities<Number>(
    _ head: Head<Number>, _ rows: Range<Int>, into p: UnsafeMutablePointer<Number>
  ) -> Range<Int> {
    let seen =
      max(0, head.token(rows.lowerBound) - window + 1)..<head.token(rows.upperBound - 1) + 1
    Number.library.multiply(
      MatrixOperand(head.q + rows.lowerBound * queryStride, queryStride),
      MatrixOperand(head.k + seen.lowerBound * keyStride, keyStride, transposed: true),
      into: p, stride: seen.count, m: rows.count, n: seen.count, depth: width, factor: scale(),
      keep: 0)
    for (r, i) in rows.enumerated() {
      let row = p + r * seen.count
      let last = head.token(i) - seen.lowerBound
      let first = max(0, last - window + 1)
      var largest = row[first]
      for c in first...last { largest = max(largest, row[c]) }
      var sum: Number = 0
      for c in 0..<seen.count {
        row[c] = first...last ~= c ? exponential(row[c] - largest) : 0
        sum += row[c]
      }
      for c in first...last { row[c] /= sum }
    }
    return seen
  }

  /// The heads that share keys one after another, those that do not at the same time.
  private func forEachKeyHead<Number: KernelNumber>(
    _ q: Activations<Number>, _ keys: [Activations<Number>], _ values: [Activations<Number>],
    _ threads: Int,
    _ body:
      @Sendable (_ head: Head<Number>, _ queryStart: Int, _ sequence: Int, _ keyStart: Int) -> Void
  ) {
    let length = q.rows / keys.count
    onThreads(threads, length == 0 ? 0 : keys.count * keyHeadCount) { _, item in
      let (sequence, keyHead) = item.quotientAndRemainder(dividingBy: keyHeadCount)
      let keyStart = keyHead * width
      q.withPointer { q in
        keys[sequence].withPointer { k in
          values[sequence].withPointer { v in
            let group = headCount / keyHeadCount
            for head in keyHead * group..<(keyHead + 1) * group {
              let queryStart = sequence * length * queryStride + head * width
              body(
                Head(
                  q: q + queryStart, k: k + keyStart, v: v + keyStart, queries: length,
                  tokens: keys[sequence].rows), queryStart, sequence, keyStart)
            }
          }
        }
      }
    }
  }
}
