import Algebra
import DeltaRule
import PropertyTesting

/// A single-head problem in floating point, with numbers in [−1, 1] and β in [0, 2].
struct FloatCase<Base: Real>: CustomStringConvertible {
  let problem: Problem<Base>
  let chunkLength: Int

  init(from source: inout ChoiceSource) throws {
    let chunkLength = source.integer(in: 1...5)
    let tokens = source.dimension(
      0...10, favouring: [chunkLength, chunkLength + 1, 2 * chunkLength + 1])
    let (keyFeatures, valueFeatures) = (source.dimension(1...4), source.dimension(1...3))
    let vectorBeta = source.oneIn(4)
    let betaFeatures = vectorBeta ? valueFeatures.count : 1
    func number(_ source: inout ChoiceSource) -> Base {
      Base(Double(source.integer(in: -(1 << 24)...1 << 24)) * 0x1p-24)
    }
    func strength(_ source: inout ChoiceSource) -> Base {
      Base(Double(source.integer(in: 0...1 << 23)) * 0x1p-22)
    }
    func matrix(_ rows: Dimension, _ columns: Dimension) -> Matrix<Base> {
      let entries = source.each(rows) { $0.each(columns) { number(&$0) } }
      return Matrix(
        rows: rows.count, columns: columns.count, entries: entries.flatMap { $0 })
    }
    problem = try Problem(
      q: matrix(tokens, keyFeatures), k: matrix(tokens, keyFeatures),
      v: matrix(tokens, valueFeatures),
      beta: Matrix(
        rows: tokens.count, columns: betaFeatures,
        entries: source.each(tokens) { source in (0..<betaFeatures).map { _ in strength(&source) } }
          .flatMap { $0 }),
      scale: number(&source), initialState: matrix(keyFeatures, valueFeatures))
    self.chunkLength = chunkLength
  }

  var description: String { describe(problem) + ", C = \(chunkLength)" }
}
