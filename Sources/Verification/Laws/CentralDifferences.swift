import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let centralDifferences = Law(
    "GR.diff", "central differences",
    "In Double the pairing of a gradient with a direction is the slope that central differences of the "
      + "recurrence find, within the error that they know of themselves.",
    formula: "|⟨∇f, u⟩ − R| ≤ |R − R′| + rounding / h, R and R′ extrapolated (Richardson)",
    theorem: "Proofs/Gradients.md#central-differences",
    Checks(
      Formulations.double.map { formulation in
        LawInstance(
          formulation.name, numbers: "Double",
          Property(
            "GR.diff/\(formulation.name)", cases: 60, for: { try FloatCase<Double>(from: &$0) }
          ) { drawn, seen in
            let problem = drawn.problem
            // The inputs themselves serve as cotangent and as direction.
            let cotangent = Cotangent(o: problem.v, finalState: problem.initialState)
            let direction = Gradient(
              dq: problem.k, dk: problem.q, dv: problem.v, dbeta: problem.beta,
              dh0: problem.initialState)
            let slope = formulation.gradient(of: problem, cotangent, chunkLength: drawn.chunkLength)
              .pairing(direction)
            let witness = try Witness(of: problem, cotangent, direction)
            let error = abs(slope - witness.slope)
            guard error <= witness.error else {
              throw Falsified(
                "the slope is \(slope), central differences find \(witness.slope) ± \(witness.error)"
              )
            }
            if witness.error > 0 { seen.record("difference / its bound", error / witness.error) }
          })
      }))
}

/// The slope of ⟨c, recurrence(x + t·u)⟩ at t = 0 by central differences, and how far it may be off.
private struct Witness {
  let slope: Double
  let error: Double

  init(
    of problem: Problem<Double>, _ cotangent: Cotangent<Double>, _ direction: Gradient<Double>
  ) throws {
    typealias Bounded = RunningError<Double>
    let bounded = cotangent.map { Bounded(exact: $0) }

    /// (f(h) − f(−h)) / 2h and a bound on its rounding error.
    func difference(_ h: Double) throws -> (slope: Double, rounding: Double) {
      func value(_ t: Double) throws -> Bounded {
        func moved(_ x: Matrix<Double>, _ u: Matrix<Double>) -> Matrix<Bounded> {
          x.map { Bounded(exact: $0) } + Bounded(exact: t) * u.map { Bounded(exact: $0) }
        }
        let problem = try Problem<Bounded>(
          q: moved(problem.q, direction.dq), k: moved(problem.k, direction.dk),
          v: moved(problem.v, direction.dv), beta: moved(problem.beta, direction.dbeta),
          scale: Bounded(exact: problem.scale),
          initialState: moved(problem.initialState, direction.dh0))
        return bounded.pairing(recurrence(problem))
      }
      // Powers of two: dividing by them rounds nothing.
      let rise = try value(h) - value(-h)
      return (rise.value / (2 * h), rise.bound / (2 * h))
    }

    let steps = try [0x1p-6, 0x1p-7, 0x1p-8, 0x1p-9].map(difference)
    // Each pass removes the next even power of h from the truncation error.
    func extrapolated(_ slopes: [Double], _ factor: Double) -> [Double] {
      zip(slopes, slopes.dropFirst()).map { ($1 * factor - $0) / (factor - 1) }
    }
    let second = extrapolated(extrapolated(steps.map(\.slope), 4), 16)
    slope = second[1]
    // Extrapolating amplifies the rounding of the differences less than twofold; the slope itself, a
    // sum of many products, is rounded too, far less than the differences are.
    let rounding = steps.map(\.rounding).max() ?? 0
    error = abs(second[1] - second[0]) + 4 * rounding
  }
}
