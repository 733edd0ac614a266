import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let chunkLength = Law(
    "CS", "chunk length", "The chunk length does not change the result.",
    formula: "f_C(x) = f_C′(x)", theorem: "Proofs/Chunkwise.md#chunkwise",
    LawInstance.formulations(
      "CS", cases: 3000, requiring: ["chunks and a tail", "L = C"],
      where: \.isChunked,
      for: { source in
        Variation(
          try Case<PrimeField>(from: &source), "and chunks of", source.integer(in: 1...16))
      }
    ) { formulation, value, seen in
      seen.label(value.drawn)
      let one = formulation.solve(value.problem, chunkLength: value.drawn.chunkLength)
      let other = formulation.solve(value.problem, chunkLength: value.extra)
      try require(other, equals: one, "with chunks of \(value.drawn.chunkLength) it")
    })

  static let padding = Law(
    "CS.pad", "padding",
    "Tokens with k = v = β = 0 leave the outputs before them and the state alone, and fill the last "
      + "chunk up.",
    formula: "f(x ++ 0) = f(x) on the tokens of x; S_L the same",
    theorem: "Proofs/Sequences.md#padding",
    LawInstance.formulations(
      "CS.pad", cases: 1500,
      for: { source in
        Variation(try Case<PrimeField>(from: &source), "padded by", source.integer(in: 1...5))
      }
    ) { formulation, value, seen in
      let problem = value.problem
      let padding = try Problem(
        q: .zero(value.extra, problem.keyDimension), k: .zero(value.extra, problem.keyDimension),
        v: .zero(value.extra, problem.valueDimension),
        beta: .zero(value.extra, problem.beta.columns), scale: problem.scale,
        initialState: problem.initialState)
      let padded = formulation.solve(
        try problem.followed(by: padding), chunkLength: value.drawn.chunkLength)
      let plain = formulation.solve(problem, chunkLength: value.drawn.chunkLength)
      try require(
        Solution(o: padded.o[rows: 0..<problem.length], finalState: padded.finalState),
        equals: plain, "without padding it")
    })

  static let tail = Law(
    "CS.tail", "tail",
    "A last chunk that is not full gives what its tokens give by themselves from the state that "
      + "enters it.",
    formula: "f_C(x₁ ++ x₂) = f_C(x₁) ; f_{|x₂|}(x₂),  |x₁| = C·⌊L/C⌋",
    theorem: "Proofs/Chunkwise.md#chunkwise",
    LawInstance.formulations(
      "CS.tail", cases: 3000, requiring: ["chunks and a tail"],
      where: \.isChunked, for: { try Case<PrimeField>(from: &$0) }
    ) { formulation, drawn, seen in
      seen.label(drawn)
      let (L, C) = (drawn.problem.length, drawn.chunkLength)
      let whole = formulation.solve(drawn.problem, chunkLength: C)
      let full = C * (L / C)
      let head = formulation.solve(
        drawn.problem.tokens(0..<full, from: drawn.problem.initialState), chunkLength: C)
      let tail = formulation.solve(
        drawn.problem.tokens(full..<L, from: head.finalState), chunkLength: max(1, L - full))
      try require(
        whole, equals: Solution(o: head.o.stacked(on: tail.o), finalState: tail.finalState),
        "chunk by chunk it")
    })
}
