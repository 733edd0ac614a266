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
  /// The (sequence, token) of every token of the batch, row after row.
  private let positions: [(sequence: Int, token: Int)]

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
    let (B, L) = packed ? (1, boundaries[N]) : (N, tokens.count)
    let (heads, positions) = (heads, Self.positions(of: lengths))
    func tensor(
      _ shape: [Int], _ matrix: (_ n: Int, _ h: Int) -> Matrix<Scalar>
    ) -> Tensor<Scalar> {
      Self.tensor(shape, positions, matrix)
    }
    problem = try BatchedProblem(
      q: tensor([B, L, keyHeads.count, dk]) { heads[$0][$1 * groupSize].q },
      k: tensor([B, L, keyHeads.count, dk]) { heads[$0][$1 * groupSize].k },
      v: tensor([B, L, H, dv]) { heads[$0][$1].v },
      beta: tensor([B, L, H] + (vectorBeta ? [dv] : [])) { heads[$0][$1].beta }, scale: scale,
      initialState: Tensor(
        shape: [N, H, dk, dv], elements: heads.flatMap { $0.flatMap(\.initialState.entries) }),
      boundaries: packed ? boundaries : nil)
    self.positions = positions

    var regimes: Set<String> = [groupSize == 1 ? "head groups 1" : "head groups above 1"]
    if lengths.contains(0) { regimes.insert("an empty sequence") }
    if Set(lengths).count > 1 { regimes.insert("sequences of different lengths") }
    if N == 0 { regimes.insert("no sequence") }
    if dk != dv { regimes.insert("dk ≠ dv") }
    self.regimes = regimes
  }
}

extension BatchCase {
  private static func positions(of lengths: [Int]) -> [(sequence: Int, token: Int)] {
    lengths.enumerated().flatMap { n, length in (0..<length).map { (n, $0) } }
  }

  /// A tensor of shape [B, L, heads, width] or [B, L, heads], one matrix a sequence and head.
  private static func tensor(
    _ shape: [Int], _ positions: [(sequence: Int, token: Int)],
    _ matrix: (_ n: Int, _ h: Int) -> Matrix<Scalar>
  ) -> Tensor<Scalar> {
    Tensor(
      shape: shape,
      elements: positions.flatMap { n, t in
        (0..<shape[2]).flatMap { h in matrix(n, h)[row: t].entries }
      })
  }

  /// A tensor in the shape of another, one matrix a sequence and head.
  func tensor(
    like other: Tensor<Scalar>, _ matrix: (_ n: Int, _ h: Int) -> Matrix<Scalar>
  ) -> Tensor<Scalar> {
    Self.tensor(other.shape, positions, matrix)
  }
}

/// The shape of a batch as a person would write it down.
func shape<Scalar>(of problem: BatchedProblem<Scalar>) -> String {
  let (q, v) = (problem.q.shape, problem.v.shape)
  return "B = \(q[0]), L = \(q[1]), Hk = \(q[2]), H = \(v[2]), dk = \(q[3]), dv = \(v[3])"
}

extension BatchCase: CustomStringConvertible {
  var description: String {
    let parts = heads.enumerated().flatMap { n, heads in
      heads.enumerated().map { h, head in "sequence \(n) head \(h): \(describe(head))" }
    }
    return "\(shape(of: problem)), C = \(chunkLength)"
      + (problem.boundaries.map { ", cu_seqlens \($0)" } ?? "") + "\n    "
      + parts.joined(separator: "\n    ")
  }
}
