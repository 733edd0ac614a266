import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let linearity = Law(
    "LIN", "linearity", "The result is linear in the values and the initial state together.",
    formula: "f(v + c·v′, S₀ + c·S₀′) = f(v, S₀) + c·f(v′, S₀′)",
    theorem: "Proofs/Symmetries.md#linearity",
    LawInstance.formulations(
      "LIN", cases: 1200,
      for: { source in
        let drawn = try Case<PrimeField>(from: &source)
        func another(_ x: Matrix<PrimeField>) -> Matrix<PrimeField> {
          Matrix(x.rows, x.columns) { _, _ in .drawn(from: &source) }
        }
        let direction = Direction(
          factor: .drawn(from: &source), v: another(drawn.problem.v),
          state: another(drawn.problem.initialState))
        return Variation(drawn, "towards", direction)
      }
    ) { formulation, value, _ in
      let (problem, C) = (value.problem, value.drawn.chunkLength)
      let (c, v, state) = (value.extra.factor, value.extra.v, value.extra.state)
      let one = formulation.solve(problem, chunkLength: C)
      let other = formulation.solve(
        try problem.replacing(v: v, initialState: state), chunkLength: C)
      let both = formulation.solve(
        try problem.replacing(v: problem.v + c * v, initialState: problem.initialState + c * state),
        chunkLength: C)
      try require(
        both,
        equals: Solution(
          o: one.o + c * other.o, finalState: one.finalState + c * other.finalState),
        "the sum")
    })

  private struct Direction: Sendable, CustomStringConvertible {
    let factor: PrimeField
    let v: Matrix<PrimeField>
    let state: Matrix<PrimeField>

    var description: String { "\(factor)·(v = \(v), initial_state = \(state))" }
  }

  static let scaling = Law(
    "SC", "scale", "The read-out factor scales the outputs and leaves the state alone.",
    formula: "f(c·scale) = (c·o, S_L)", theorem: "Proofs/Symmetries.md#linearity",
    LawInstance.formulations(
      "SC", cases: 750,
      for: { source in
        Variation(
          try Case<PrimeField>(from: &source), "scaled by", PrimeField.drawn(from: &source))
      }
    ) { formulation, value, _ in
      let (problem, C) = (value.problem, value.drawn.chunkLength)
      let plain = formulation.solve(problem, chunkLength: C)
      let scaled = formulation.solve(
        try problem.replacing(scale: value.extra * problem.scale), chunkLength: C)
      try require(
        scaled, equals: Solution(o: value.extra * plain.o, finalState: plain.finalState),
        "the scaled result")
    })

  static let keyBasis = Law(
    "RO.key", "key basis", "An orthogonal change of the key basis turns the state with it.",
    formula: "f(q R, k R, Rᵀ S₀) = (o, Rᵀ S_L),  Rᵀ R = I",
    theorem: "Proofs/Symmetries.md#change-of-basis",
    LawInstance.formulations(
      "RO.key", cases: 750,
      for: { source in
        let drawn = try Case<PrimeField>(from: &source)
        return Variation(
          drawn, "keys turned by", try rotation(drawn.problem.keyDimension, &source))
      }
    ) { formulation, value, _ in
      let (problem, C, R) = (value.problem, value.drawn.chunkLength, value.extra)
      let turned = formulation.solve(
        try problem.replacing(
          q: problem.q * R, k: problem.k * R, initialState: R.transposed * problem.initialState),
        chunkLength: C)
      let plain = formulation.solve(problem, chunkLength: C)
      try require(
        turned, equals: Solution(o: plain.o, finalState: R.transposed * plain.finalState),
        "the turned result")
    })

  static let valueBasis = Law(
    "RO.value", "value basis",
    "An orthogonal change of the value basis turns outputs and state with it.",
    formula: "f(v R, S₀ R) = (o R, S_L R)", theorem: "Proofs/Symmetries.md#change-of-basis",
    LawInstance.formulations(
      "RO.value", cases: 750,
      for: { source in
        let drawn = try Case<PrimeField>(
          from: &source, Restrictions(allowsVectorBeta: false))
        return Variation(
          drawn, "values turned by", try rotation(drawn.problem.valueDimension, &source))
      }
    ) { formulation, value, _ in
      let (problem, C, R) = (value.problem, value.drawn.chunkLength, value.extra)
      let turned = formulation.solve(
        try problem.replacing(v: problem.v * R, initialState: problem.initialState * R),
        chunkLength: C)
      let plain = formulation.solve(problem, chunkLength: C)
      try require(
        turned, equals: Solution(o: plain.o * R, finalState: plain.finalState * R),
        "the turned result")
    })

  /// One reflection, or two, one after the other.
  private static func rotation(
    _ size: Int, _ source: inout ChoiceSource
  ) throws -> Matrix<PrimeField> {
    func reflection() throws -> Matrix<PrimeField> {
      try orthogonalMatrix(
        from: Matrix(1, size) { _, _ in .drawn(from: &source) }, size: size)
    }
    return try source.oneIn(2) ? reflection() : reflection() * reflection()
  }
}
