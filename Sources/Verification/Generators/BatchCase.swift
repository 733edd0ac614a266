import Algebra
import DeltaRule
import PropertyTesting

/// A batched problem put together from its single-head problems, and these.
///
/// The tensors are filled element by element from the index formulas of the documentation, apart from
/// the code that takes a batched problem to pieces.
struct BatchCase<Scalar: DrawnScalar>: Sendable {
  let problem: BatchedProblem<Scalar>
  /// The problem of each sequence and head: `heads[n][h]`.
  let heads: [[Problem<Scalar>]]
  let chunkLength: Int
  let regimes: Set<String>

  init(from source: inout ChoiceSource, packed: Bool) throws {
    chunkLength = source.integer(in: 1...4)
    let sequences = source.dimension(0...3)
    let tokens = source.dimension(0...5)
    let keyHeads = source.dimension(1...2)
    let groupSize = source.integer(in: 1...3)
    let (dk, dv) = (source.integer(in: 1...3), source.integer(in: 1...3))
    let vectorBeta = source.oneIn(4)
    let scale = Scalar.drawn(from: &source)

    // Packed sequences have lengths of their own; those of a batch share one.
    heads = try source.each(sequences) { source in
      let length = packed ? source.dimension(0...5, favouring: [0]).count : tokens.count
      func matrix(_ rows: Int, _ columns: Int) -> Matrix<Scalar> {
        Matrix(rows, columns) { _, _ in .drawn(from: &source) }
      }
      return try (0..<keyHeads.count).flatMap { _ in
        let (q, k) = (matrix(length, dk), matrix(length, dk))
        return try (0..<groupSize).map { _ in
          try Problem(
            q: q, k: k, v: matrix(length, dv), beta: matrix(length, vectorBeta ? dv : 1),
            scale: scale, initialState: matrix(dk, dv))
        }
      }
    }
    let lengths = heads.map { $0[0].length }
    let boundaries = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let (N, H) = (heads.count, keyHeads.count * groupSize)
    let B = packed ? 1 : N
    let L = packed ? boundaries[N] : tokens.count
    let heads = heads

    /// Token t of batch row b as (sequence, token of the sequence).
    func position(_ b: Int, _ t: Int) -> (sequence: Int, token: Int) {
      guard packed else { return (b, t) }
      let n = boundaries.lastIndex { $0 <= t } ?? 0
      return (n, t - boundaries[n])
    }
    func tensor(
      _ headCount: Int, _ width: Int?, _ entry: (_ n: Int, _ t: Int, _ h: Int, _ d: Int) -> Scalar
    ) -> Tensor<Scalar> {
      var elements: [Scalar] = []
      for b in 0..<B {
        for t in 0..<L {
          let (n, token) = position(b, t)
          for h in 0..<headCount {
            for d in 0..<(width ?? 1) { elements.append(entry(n, token, h, d)) }
          }
        }
      }
      return Tensor(shape: [B, L, headCount] + (width.map { [$0] } ?? []), elements: elements)
    }
    problem = try BatchedProblem(
      q: tensor(keyHeads.count, dk) { n, t, h, d in heads[n][h * groupSize].q[t, d] },
      k: tensor(keyHeads.count, dk) { n, t, h, d in heads[n][h * groupSize].k[t, d] },
      v: tensor(H, dv) { n, t, h, d in heads[n][h].v[t, d] },
      beta: tensor(H, vectorBeta ? dv : nil) { n, t, h, d in heads[n][h].beta[t, d] },
      scale: scale,
      initialState: Tensor(
        shape: [N, H, dk, dv], elements: heads.flatMap { $0.flatMap(\.initialState.entries) }),
      boundaries: packed ? boundaries : nil)

    var regimes: Set<String> = [groupSize == 1 ? "head groups 1" : "head groups above 1"]
    if lengths.contains(0) { regimes.insert("an empty sequence") }
    if Set(lengths).count > 1 { regimes.insert("sequences of different lengths") }
    if N == 0 { regimes.insert("no sequence") }
    if dk != dv { regimes.insert("dk ≠ dv") }
    self.regimes = regimes
  }
}

extension BatchCase: CustomStringConvertible {
  var description: String {
    let parts = heads.enumerated().flatMap { n, heads in
      heads.enumerated().map { h, head in "sequence \(n) head \(h): \(describe(head))" }
    }
    return "C = \(chunkLength), q \(problem.q.shape), v \(problem.v.shape)"
      + (problem.boundaries.map { ", cu_seqlens \($0)" } ?? "") + "\n    "
      + parts.joined(separator: "\n    ")
  }
}
