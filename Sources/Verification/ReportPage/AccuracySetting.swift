import Algebra
import DeltaRule
import PropertyTesting

/// What the heads are like on which accuracy is measured: 16 features, unit keys, a zero initial state.
struct AccuracySetting: Sendable {
  static let features = 16

  var length = 256
  var chunkLength = 64
  var keys = KeyRegime.independent
  /// β|k|² of every token is drawn from here, and then rounded down.
  var strengths = 1.0...1.0

  /// A head of this kind, its numbers rounded to `format`.
  func problem(_ format: FloatFormat, seed: UInt64) throws -> Problem<Double> {
    var source = ChoiceSource(seed: seed)
    let d = Self.features
    func number() -> Double { Double(source.integer(in: -(1 << 24)...1 << 24)) * 0x1p-24 }
    func matrix() -> Matrix<Double> { Matrix(length, d) { _, _ in number() } }
    let (q, v, rows) = (matrix(), matrix(), matrix())
    let drawn = try keys.keys(from: rows, &source)
    let lengths = (0..<length).map { norm(drawn[row: $0]) }
    let k = Matrix(length, d) { format.rounded(drawn[$0, $1] / lengths[$0]) }
    let middle = (strengths.lowerBound + strengths.upperBound) / 2
    return try Problem(
      q: q.map { format.rounded($0) }, k: k, v: v.map { format.rounded($0) },
      beta: Matrix(length, 1) { t, _ in
        let strength = middle + number() * (strengths.upperBound - middle)
        // With a key that rounding made longer, above 2 every step would expand.
        return format.rounded(strength / max(1, norm(k[row: t]) * norm(k[row: t])), .towardZero)
      },
      scale: 0.25, initialState: .zero(d, d))
  }
}

extension RoundedKernel {
  /// How far o is off in a head, element by element, and what it is exactly: by the recurrence in 106 bits, on
  /// the very same inputs.
  func errors(
    _ setting: AccuracySetting, seed: UInt64
  ) throws -> (errors: Matrix<Double>, exact: Matrix<Double>) {
    let problem = try setting.problem(storage, seed: seed)
    let exact = recurrence(problem.map { DoubleDouble($0) }).o
    let found = outputs(problem, setting.chunkLength)
    return (
      Matrix(found.rows, found.columns) {
        found[$0, $1].isFinite
          ? abs((DoubleDouble(found[$0, $1]) - exact[$0, $1]).double) : .infinity
      }, exact.map { abs($0.double) }
    )
  }

  /// How many bits of o are right in three heads: −log₂ of the root mean square of their errors over
  /// that of the exact values.
  func bits(_ setting: AccuracySetting, seed: UInt64) throws -> Double {
    let heads = try (0..<3).map { try errors(setting, seed: mix(seed &+ $0)) }
    return accuracy(
      errors: rootMeanSquare(heads.flatMap(\.errors.entries)),
      values: rootMeanSquare(heads.flatMap(\.exact.entries)))
  }
}
