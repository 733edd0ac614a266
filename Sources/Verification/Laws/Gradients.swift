import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let gradientEquivalence = Law(
    "GR", "gradients agree",
    "Every formulation's own backward pass gives what the recurrence's gives, to the last digit.",
    formula: "∇f = ∇recurrence for all do, dht",
    theorem: "Proofs/Gradients.md#gradient-equivalence",
    Checks(
      Formulations.primeField.dropFirst().map {
        .gradientEquivalence(of: $0, cases: 1500, requiring: Case<PrimeField>.allRegimes)
      }, about: { .gradientEquivalence(of: $0.formulation, cases: 1500) }),
    Checks(Formulations.rational.dropFirst().map { .gradientEquivalence(of: $0, cases: 15) }))

  static let adjoint = Law(
    "GR.adjoint", "gradient is the adjoint",
    "Differentiating a formulation forwards along any direction, by dual numbers, pairs with the "
      + "cotangent as its backward pass pairs with the direction.",
    formula: "⟨(do, dht), J u⟩ = ⟨∇f, u⟩", theorem: "Proofs/Gradients.md#gradient-equivalence",
    about("GR.adjoint", cases: 500, directions: 1, isOpen: false) { formulation, drawn in
      let direction = drawn.directions[0]
      let moved = try counterpart(of: formulation, in: Formulations.dual).solve(
        drawn.problem.moving(in: direction), chunkLength: drawn.chunkLength)
      let forwards = drawn.cotangent.pairing(moved.map(\.tangent))
      let backwards = formulation.gradient(
        of: drawn.problem, drawn.cotangent, chunkLength: drawn.chunkLength
      ).pairing(direction)
      guard forwards == backwards else {
        throw Falsified("forwards ⟨c, J u⟩ is \(forwards), backwards ⟨∇f, u⟩ is \(backwards)")
      }
    })

  static let tangents = Law(
    "GR.jvp", "forward derivatives agree",
    "Every formulation has the directional derivatives of the recurrence.",
    formula: "f(x + ε u) = recurrence(x + ε u), ε² = 0",
    theorem: "Proofs/Equivalence.md#equivalence",
    about("GR.jvp", cases: 400, directions: 1, isOpen: false) { formulation, drawn in
      let moving = try drawn.problem.moving(in: drawn.directions[0])
      let form = try counterpart(of: formulation, in: Formulations.dual)
      try require(
        form.solve(moving, chunkLength: drawn.chunkLength), equals: recurrence(moving),
        "the recurrence")
    })

  static let secondOrder = Law(
    "GR.second", "second derivatives",
    "Running a backward pass on dual numbers gives Hessian-vector products that are symmetric and "
      + "equal what twice dual numbers give forwards.",
    formula: "⟨u, H w⟩ = ⟨w, H u⟩ = ∂²⟨c, f(x + s u + t w)⟩/∂s∂t",
    theorem: "Proofs/Gradients.md#second-order",
    about(
      "GR.second", cases: 200, directions: 2, isOpen: false, Restrictions(lengths: 0...7)
    ) { formulation, drawn in
      let (u, w, C) = (drawn.directions[0], drawn.directions[1], drawn.chunkLength)
      let form = try counterpart(of: formulation, in: Formulations.dual)
      func hessian(along direction: Gradient<PrimeField>) throws -> Gradient<PrimeField> {
        form.gradient(
          of: try drawn.problem.moving(in: direction), drawn.cotangent.map { Dual($0) },
          chunkLength: C
        ).map(\.tangent)
      }
      let uHw = try u.pairing(hessian(along: w))
      let wHu = try w.pairing(hessian(along: u))
      guard uHw == wHu else { throw Falsified("⟨u, H w⟩ is \(uHw), ⟨w, H u⟩ is \(wHu)") }

      // x + ε u + η w, with ε in the inner and η in the outer dual numbers.
      let both = try drawn.problem.moving(in: u).moving(in: w.map { Dual($0) })
      let twice = try counterpart(of: formulation, in: Formulations.twiceDual)
        .solve(both, chunkLength: C)
      let mixed = drawn.cotangent.pairing(twice.map(\.tangent.tangent))
      guard uHw == mixed else {
        throw Falsified("⟨u, H w⟩ is \(uHw), forwards it is \(mixed)")
      }
    })

  static let adjointLinearity = Law(
    "GR.linear", "linear in the cotangent", "A backward pass is linear in do and dht together.",
    formula: "∇f(c + a·c′) = ∇f(c) + a·∇f(c′)", theorem: "Proofs/Gradients.md#gradient-equivalence",
    about("GR.linear", cases: 300, directions: 1) { formulation, drawn in
      let (problem, C, a) = (drawn.problem, drawn.chunkLength, drawn.problem.scale)
      let other = Cotangent(o: drawn.directions[0].dv, finalState: drawn.directions[0].dh0)
      let one = formulation.gradient(of: problem, drawn.cotangent, chunkLength: C)
      let two = formulation.gradient(of: problem, other, chunkLength: C)
      let both = formulation.gradient(
        of: problem,
        Cotangent(
          o: drawn.cotangent.o + a * other.o,
          finalState: drawn.cotangent.finalState + a * other.finalState), chunkLength: C)
      try require(
        both,
        equals: Gradient(
          dq: one.dq + a * two.dq, dk: one.dk + a * two.dk, dv: one.dv + a * two.dv,
          dbeta: one.dbeta + a * two.dbeta, dh0: one.dh0 + a * two.dh0), "the sum")
    })

  static let gradientSplit = Law(
    "GR.split", "chained gradients",
    "The gradient of a whole is that of its second part, whose dh0 is the first part's dht.",
    formula: "∇f(x ++ y) = ∇f(x) ++ ∇f(y), dht(x) = dh0(y)",
    theorem: "Proofs/Gradients.md#gradient-equivalence",
    LawInstance.formulations(
      "GR.split", cases: 300,
      for: { source in
        let drawn = try GradientCase<PrimeField>(from: &source)
        return SplitCase(drawn: drawn, at: source.integer(in: 0...drawn.problem.length))
      }
    ) { formulation, value, _ in
      let (problem, C, at) = (value.drawn.problem, value.drawn.chunkLength, value.at)
      let (dO, L) = (value.drawn.cotangent.o, problem.length)
      let first = problem.tokens(0..<at, from: problem.initialState)
      let second = problem.tokens(
        at..<L, from: formulation.solve(first, chunkLength: C).finalState)
      let later = formulation.gradient(
        of: second, Cotangent(o: dO[rows: at..<L], finalState: value.drawn.cotangent.finalState),
        chunkLength: C)
      let earlier = formulation.gradient(
        of: first, Cotangent(o: dO[rows: 0..<at], finalState: later.dh0), chunkLength: C)
      try require(
        formulation.gradient(of: problem, value.drawn.cotangent, chunkLength: C),
        equals: Gradient(
          dq: earlier.dq.stacked(on: later.dq), dk: earlier.dk.stacked(on: later.dk),
          dv: earlier.dv.stacked(on: later.dv), dbeta: earlier.dbeta.stacked(on: later.dbeta),
          dh0: earlier.dh0), "in two parts it")
    })

  private struct SplitCase: CustomStringConvertible {
    let drawn: GradientCase<PrimeField>
    let at: Int

    var description: String { "\(drawn), split at \(at)" }
  }

  static let gradientPadding = Law(
    "GR.pad", "padding and gradients",
    "Tokens with k = v = β = do = 0 have no gradient and change no other.",
    formula: "∇f(x ++ 0) = ∇f(x) ++ 0", theorem: "Proofs/Sequences.md#padding",
    about("GR.pad", cases: 300) { formulation, drawn in
      let (problem, C) = (drawn.problem, drawn.chunkLength)
      let count = 1 + problem.length % 3
      let padding = try Problem(
        q: Matrix(count, problem.keyDimension) { _, _ in problem.scale },
        k: .zero(count, problem.keyDimension), v: .zero(count, problem.valueDimension),
        beta: .zero(count, problem.beta.columns), scale: problem.scale,
        initialState: problem.initialState)
      let zeros = Gradient(zerosFor: padding)
      let plain = formulation.gradient(of: problem, drawn.cotangent, chunkLength: C)
      let padded = formulation.gradient(
        of: try problem.followed(by: padding),
        Cotangent(
          o: drawn.cotangent.o.stacked(on: zeros.dv), finalState: drawn.cotangent.finalState),
        chunkLength: C)
      try require(
        padded,
        equals: Gradient(
          dq: plain.dq.stacked(on: zeros.dq), dk: plain.dk.stacked(on: zeros.dk),
          dv: plain.dv.stacked(on: zeros.dv), dbeta: plain.dbeta.stacked(on: zeros.dbeta),
          dh0: plain.dh0), "without padding it")
    })

  static let gradientCausality = Law(
    "GR.causal", "causality of gradients",
    "The gradient of the outputs up to a token reaches no token after it.",
    formula: "do_s = 0 for s > t, dht = 0  ⟹  ∇_s f = 0 for s > t",
    theorem: "Proofs/Sequences.md#causality",
    about("GR.causal", cases: 300) { formulation, drawn in
      let (L, dv) = (drawn.problem.length, drawn.problem.valueDimension)
      for t in Set([L / 2, min(L, drawn.chunkLength), max(0, L - 1)]) {
        let untilThen = Cotangent(
          o: drawn.cotangent.o[rows: 0..<t].stacked(on: .zero(L - t, dv)),
          finalState: .zero(drawn.problem.keyDimension, dv))
        let gradient = formulation.gradient(
          of: drawn.problem, untilThen, chunkLength: drawn.chunkLength)
        for (name, part) in [
          ("dq", gradient.dq), ("dk", gradient.dk), ("dv", gradient.dv),
          ("dbeta", gradient.dbeta),
        ] {
          try require(
            "\(name) after token \(t)", part[rows: t..<L], equals: .zero(L - t, part.columns),
            "causality")
        }
      }
    })

  /// The same formulation over another ring.
  private static func counterpart<Scalar: Ring>(
    of formulation: Formulation<PrimeField>, in others: [Formulation<Scalar>]
  ) throws(Falsified) -> Formulation<Scalar> {
    guard let found = others.first(where: { $0.name == formulation.name }) else {
      throw Falsified("no formulation is called \(formulation.name)")
    }
    return found
  }

  /// A law about the backward pass of every formulation.
  ///
  /// - Parameter isOpen: whether it may speak of a candidate, too, which has no counterpart over dual
  ///   numbers.
  private static func about(
    _ law: String, cases: Int, directions: Int = 0, isOpen: Bool = true,
    _ restrictions: Restrictions = .none,
    _ check:
      @escaping @Sendable (Formulation<PrimeField>, GradientCase<PrimeField>) throws -> Void
  ) -> Checks {
    LawInstance.formulations(
      law, cases: cases, isOpen: isOpen,
      for: { try GradientCase<PrimeField>(from: &$0, directions: directions, restrictions) }
    ) { formulation, drawn, _ in try check(formulation, drawn) }
  }
}

extension LawInstance {
  /// That a formulation's backward pass equals the recurrence's: for one of yours, too.
  ///
  /// - Parameter labels: the regimes that the cases must meet.
  public static func gradientEquivalence<Scalar: DrawnScalar>(
    of formulation: Formulation<Scalar>, cases: Int, requiring labels: [String] = []
  ) -> LawInstance {
    .about(
      formulation, "GR", cases: cases, requiring: labels,
      for: { try GradientCase<Scalar>(from: &$0) }
    ) { formulation, drawn, seen in
      seen.label(drawn.drawn)
      try require(
        formulation.gradient(
          of: drawn.problem, drawn.cotangent, chunkLength: drawn.chunkLength),
        equals: recurrenceBackward(drawn.problem, drawn.cotangent), "the recurrence")
    }
  }
}
