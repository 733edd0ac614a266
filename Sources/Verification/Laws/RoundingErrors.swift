import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let roundingErrors = Law(
    "BE", "rounding error",
    "In floating point every formulation stays within its running error bound of the exact result "
      + "of the very same inputs.",
    formula: "|fl(f)(x) − f(x)| ≤ E, E from |δ| ≤ u operation by operation",
    theorem: "running-error",
    bounds(over: Float.self, "Float"), bounds(over: Double.self, "Double"))

  private static func bounds<Base: BinaryFloatingPoint & Real>(
    over type: Base.Type, _ name: String
  ) -> [LawInstance] {
    zip(Formulation<Base>.all, Formulation<RunningError<Base>>.all).map { plain, bounded in
      LawInstance(
        plain.name, numbers: name,
        Property(
          "BE/\(plain.name)@\(name)", cases: 100,
          for: { try FloatCase<Base>(from: &$0) }
        ) { drawn, seen in
          let result = plain.solve(drawn.problem, chunkLength: drawn.chunkLength)
          let withBounds = bounded.solve(
            drawn.problem.map { RunningError(exact: $0) }, chunkLength: drawn.chunkLength)
          try require(
            result,
            equals: Solution(
              o: withBounds.o.map(\.value), finalState: withBounds.finalState.map(\.value)),
            "the same arithmetic with bounds")

          let exact = recurrence(try drawn.problem.map(exactly))
          try within("o", withBounds.o, of: exact.o, &seen)
          try within("final_state", withBounds.finalState, of: exact.finalState, &seen)
        })
    }
  }

  /// The exact value of a number that was drawn finite.
  private static func exactly(_ value: some BinaryFloatingPoint) throws -> Dyadic {
    guard let exact = Dyadic(exactly: value) else { throw Falsified("\(value) is not finite") }
    return exact
  }

  private static func within<Base>(
    _ name: String, _ actual: Matrix<RunningError<Base>>, of exact: Matrix<Dyadic>,
    _ seen: inout Observations
  ) throws {
    for (index, (entry, expected)) in zip(actual.entries, exact.entries).enumerated() {
      guard entry.bound < .infinity else { throw Falsified("\(name) has no finite error bound") }
      let error = (try exactly(entry.value) - expected).magnitude
      guard try error <= exactly(entry.bound) else {
        let (row, column) = (index / actual.columns, index % actual.columns)
        throw Falsified(
          "\(name)[\(row), \(column)] is off by \(error.double), its bound is \(entry.bound)")
      }
      if entry.bound > 0 { seen.record("error / bound", error.double / entry.bound) }
    }
  }
}

/// A single-head problem in floating point, with numbers in [−1, 1] and β in [0, 2].
private struct FloatCase<Base: BinaryFloatingPoint & Real>: CustomStringConvertible {
  let problem: Problem<Base>
  let chunkLength: Int

  init(from source: inout ChoiceSource) throws {
    let chunkLength = source.integer(in: 1...5)
    let tokens = source.dimension(
      0...10, favouring: [chunkLength, chunkLength + 1, 2 * chunkLength + 1])
    let (keyFeatures, valueFeatures) = (source.dimension(1...4), source.dimension(1...3))
    let vectorBeta = source.oneIn(4)
    let betaFeatures = vectorBeta ? valueFeatures.count : 1
    // 24 significant bits: every entry is exact in both types.
    func number(_ source: inout ChoiceSource) -> Base {
      Base(source.integer(in: -(1 << 24)...1 << 24)) / Base(1 << 24)
    }
    func strength(_ source: inout ChoiceSource) -> Base {
      Base(source.integer(in: 0...1 << 23)) / Base(1 << 22)
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
