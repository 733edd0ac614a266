import Algebra
import DeltaRule
import Glibc
import PropertyTesting

extension Law {
  static let roundingErrors = Law(
    "BE", "rounding error",
    "In floating point every formulation stays within its running error bound of the exact result "
      + "of the very same inputs.",
    formula: "|fl(f)(x) − f(x)| ≤ E, E from |δ| ≤ u operation by operation",
    theorem: "Proofs/RoundingErrors.md#running-error",
    bounds(Formulations.float, Formulations.boundedFloat, "Float"),
    bounds(Formulations.double, Formulations.boundedDouble, "Double"),
    bounds(Formulations.bfloat16, Formulations.boundedBFloat16, "bfloat16", cases: 40),
    bounds(Formulations.binary16, Formulations.boundedBinary16, "float16", cases: 40),
    bounds(Formulations.tf32, Formulations.boundedTF32, "tf32", cases: 40))

  private static func bounds<Base: RoundedArithmetic & Real>(
    _ plain: [Formulation<Base>], _ bounded: [Formulation<RunningError<Base>>], _ name: String,
    cases: Int = 100
  ) -> Checks {
    inFloatingPoint("BE", cases: cases, plain, bounded, name) { plain, bounded, drawn, seen in
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
      seen.recordBits(of: result, exact: exact)
    }
  }

  static let sharpness = Law(
    "BE.sharp", "sharpness of the bounds",
    "Running error bounds say something: half of them are at most 128 times the error.",
    formula: "median E / |fl(f)(x) − f(x)| ≤ 128",
    theorem: "Proofs/RoundingErrors.md#running-error",
    Checks(
      zip(Formulations.float, Formulations.boundedFloat).map { plain, bounded in
        LawInstance(
          plain.name, numbers: "Float",
          Property(
            "BE.sharp/\(plain.name)", cases: 4,
            for: { source in try (0..<40).map { _ in try FloatCase<Float>(from: &source) } }
          ) { cases, seen in
            var ratios: [Double] = []
            for drawn in cases {
              let results = bounded.solve(
                drawn.problem.map { RunningError(exact: $0) }, chunkLength: drawn.chunkLength)
              let exact = recurrence(try drawn.problem.map(exactly))
              for (result, exact) in zip(
                results.o.entries + results.finalState.entries,
                exact.o.entries + exact.finalState.entries)
              {
                let error = (try exactly(result.value) - exact).magnitude.double
                // Where nothing was rounded there is nothing to compare.
                if error > 0 { ratios.append(result.bound / error) }
              }
            }
            guard let median = ratios.sorted().dropFirst(ratios.count / 2).first else {
              throw Falsified("no case of forty rounds anything")
            }
            seen.record("bound / error", median)
            guard median <= 128 else {
              throw Falsified("the median of \(ratios.count) bounds is \(median) times the error")
            }
          })
      }))

  static let gradientRoundingErrors = Law(
    "GR.error", "rounding error of gradients",
    "In floating point every backward pass stays within its running error bound of the exact gradient "
      + "of the very same inputs.",
    formula: "|fl(∇f)(x) − ∇f(x)| ≤ E", theorem: "Proofs/RoundingErrors.md#running-error",
    gradientBounds(Formulations.float, Formulations.boundedFloat, "Float"),
    gradientBounds(Formulations.double, Formulations.boundedDouble, "Double"))

  private static func gradientBounds<Base: RoundedArithmetic & Real>(
    _ plain: [Formulation<Base>], _ bounded: [Formulation<RunningError<Base>>], _ name: String
  ) -> Checks {
    inFloatingPoint("GR.error", cases: 40, plain, bounded, name) { plain, bounded, drawn, seen in
      // Any numbers will do for a cotangent: the values and the initial state are at hand.
      let cotangent = Cotangent(o: drawn.problem.v, finalState: drawn.problem.initialState)
      let result = plain.gradient(
        of: drawn.problem, cotangent, chunkLength: drawn.chunkLength)
      let withBounds = bounded.gradient(
        of: drawn.problem.map { RunningError(exact: $0) },
        cotangent.map { RunningError(exact: $0) }, chunkLength: drawn.chunkLength)
      try require(
        result, equals: withBounds.map(\.value), "the same arithmetic with bounds")

      let exact = recurrenceBackward(
        try drawn.problem.map(exactly),
        Cotangent(
          o: try cotangent.o.map(exactly), finalState: try cotangent.finalState.map(exactly)))
      try within("dq", withBounds.dq, of: exact.dq, &seen)
      try within("dk", withBounds.dk, of: exact.dk, &seen)
      try within("dv", withBounds.dv, of: exact.dv, &seen)
      try within("dbeta", withBounds.dbeta, of: exact.dbeta, &seen)
      try within("dh0", withBounds.dh0, of: exact.dh0, &seen)
    }
  }

  /// A law about every formulation in floating point, beside itself with bounds.
  private static func inFloatingPoint<Base: RoundedArithmetic & Real>(
    _ law: String, cases: Int, _ plain: [Formulation<Base>],
    _ bounded: [Formulation<RunningError<Base>>], _ name: String,
    _ check:
      @escaping @Sendable (
        Formulation<Base>, Formulation<RunningError<Base>>, FloatCase<Base>, inout Observations
      ) throws -> Void
  ) -> Checks {
    Checks(
      zip(plain, bounded).map { plain, bounded in
        LawInstance(
          plain.name, numbers: name,
          Property(
            "\(law)/\(plain.name)@\(name)", cases: cases, for: { try FloatCase<Base>(from: &$0) }
          ) { drawn, seen in try check(plain, bounded, drawn, &seen) })
      })
  }

  /// The exact value of a number that is finite.
  static func exactly(_ value: some RoundedArithmetic) throws -> Dyadic {
    guard let exact = Dyadic(exactly: value.double) else {
      throw Falsified("\(value) is not finite")
    }
    return exact
  }

  /// Falsifies the law unless every entry lies within its bound of the exact one.
  static func within<Base>(
    _ name: String, _ actual: Matrix<RunningError<Base>>, of exact: Matrix<some Enclosure>,
    _ seen: inout Observations
  ) throws {
    for (index, (entry, expected)) in zip(actual.entries, exact.entries).enumerated() {
      guard entry.bound < .infinity else { throw Falsified("\(name) has no finite error bound") }
      let (error, isWithin) = try expected.error(of: entry)
      guard isWithin else {
        let (row, column) = (index / actual.columns, index % actual.columns)
        throw Falsified(
          "\(name)[\(row), \(column)] is off by \(error), its bound is \(entry.bound)")
      }
      if entry.bound > 0 { seen.record("error / bound", error / entry.bound) }
    }
  }
}

extension Observations {
  /// Records how many bits of a solution are right: −log₂ of its largest error over its largest entry.
  fileprivate mutating func recordBits<Base: Real>(
    of result: Solution<Base>, exact: Solution<Dyadic>
  ) {
    let exact = (exact.o.entries + exact.finalState.entries).map(\.double)
    let errors = zip(result.o.entries + result.finalState.entries, exact).map {
      abs($0.double - $1)
    }
    guard let error = errors.max(), let size = exact.map(abs).max(), error > 0, size > 0 else {
      return
    }
    sample("bits", -log2(error / size))
  }
}
