import Algebra
import DeltaRule
import PropertyTesting
import Testing

@testable import Verification

/// A formulation with one mistake, and the smallest shape in which it can show.
private struct PlantedBug: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let smallest: Shape
  let formulation: Formulation<PrimeField>

  struct Shape: Equatable {
    var L = 1
    var dk = 1
    var dv = 1
  }

  init(
    _ description: String, _ smallest: Shape,
    _ solve: @escaping @Sendable (Problem<PrimeField>, Int) -> Solution<PrimeField>
  ) {
    testDescription = description
    self.smallest = smallest
    formulation = Formulation(
      chunked: "planted", cost: .chunkwise, forward: solve,
      backward: { problem, cotangent, _ in recurrenceBackward(problem, cotangent) })
  }
}

/// The chunkwise form with a choice of mistakes.
private func chunks(
  _ problem: Problem<PrimeField>, _ chunkLength: Int,
  T: (Matrix<PrimeField>, Matrix<PrimeField>) -> Matrix<PrimeField> = {
    utTransform(k: $0, beta: $1)
  },
  mask: (Matrix<PrimeField>) -> Matrix<PrimeField> = \.lowerTriangle,
  update: (Matrix<PrimeField>, Matrix<PrimeField>, Matrix<PrimeField>) -> Matrix<PrimeField> = {
    $0 + $1.transposed * $2
  },
  entering: (Matrix<PrimeField>, Int) -> Matrix<PrimeField> = { state, _ in state }
) -> Solution<PrimeField> {
  var S = problem.initialState
  var o = Matrix<PrimeField>.zero(problem.length, problem.valueDimension)
  for (n, chunk) in problem.chunks(of: chunkLength).enumerated() {
    let (q, k, v) = (problem.q[rows: chunk], problem.k[rows: chunk], problem.v[rows: chunk])
    let T = T(k, problem.beta[rows: chunk])
    let X = T * v - (T * k) * entering(S, n)
    o[rows: chunk] = problem.scale * (q * S + mask(q * k.transposed) * X)
    S = update(S, k, X)
  }
  return Solution(o: o, finalState: S)
}

private let plantedBugs: [PlantedBug] = [
  PlantedBug("the mask leaves out the diagonal", .init()) {
    chunks($0, $1, mask: \.strictLowerTriangle)
  },
  PlantedBug("no mask", .init(L: 2)) { chunks($0, $1, mask: { $0 }) },
  PlantedBug("β left out of the overlaps", .init(L: 2)) {
    chunks(
      $0, $1,
      T: { k, beta in
        let inverse = unitTriangularInverse((k * k.transposed).strictLowerTriangle)
        return Matrix(k.rows, k.rows) { inverse[$0, $1] * beta[$1, 0] }
      })
  },
  PlantedBug("β applied to rows of the inverse", .init(L: 2)) {
    chunks(
      $0, $1,
      T: { k, beta in
        beta .* unitTriangularInverse(keyOverlaps(k: k, beta: beta))
      })
  },
  PlantedBug("the inverse's first order only", .init(L: 3)) {
    chunks(
      $0, $1,
      T: { k, beta in
        let first = Matrix<PrimeField>.identity(k.rows) - keyOverlaps(k: k, beta: beta)
        return Matrix(k.rows, k.rows) { first[$0, $1] * beta[$1, 0] }
      })
  },
  PlantedBug("overlaps further back than two tokens forgotten", .init(L: 4)) {
    chunks(
      $0, $1,
      T: { k, beta in
        let A = keyOverlaps(k: k, beta: beta)
        let near = Matrix(k.rows, k.rows) { $0 - $1 < 3 ? A[$0, $1] : .zero }
        let inverse = unitTriangularInverse(near)
        return Matrix(k.rows, k.rows) { inverse[$0, $1] * beta[$1, 0] }
      })
  },
  PlantedBug("the state is replaced, not added to", .init()) {
    chunks($0, $1, update: { $1.transposed * $2 })
  },
  PlantedBug("the second chunk forgets the state in its pseudo-values", .init(L: 2)) {
    chunks($0, $1, entering: { state, n in n == 0 ? state : .zero(state.rows, state.columns) })
  },
  PlantedBug("the tail is dropped", .init()) { problem, C in
    let full = problem.length - problem.length % C
    let head = chunks(problem.tokens(0..<full, from: problem.initialState), C)
    return Solution(
      o: head.o.stacked(on: .zero(problem.length - full, problem.valueDimension)),
      finalState: head.finalState)
  },
  PlantedBug("the overlaps see the first key feature alone", .init(L: 2, dk: 2)) {
    chunks($0, $1, T: { k, beta in utTransform(k: k[column: 0], beta: beta) })
  },
  PlantedBug("values wider than keys are cut off", .init(dv: 2)) { problem, C in
    let solution = recurrence(problem)
    return Solution(
      o: Matrix(problem.length, problem.valueDimension) {
        $1 < problem.keyDimension ? solution.o[$0, $1] : .zero
      }, finalState: solution.finalState)
  },
]

@Suite("Planted bugs are found and shrunk")
struct PlantedBugTests {
  @Test(arguments: plantedBugs)
  fileprivate func found(_ bug: PlantedBug) throws {
    let law = LawInstance.equivalence(of: bug.formulation, cases: 6000)
    let report = law.check(Search(seed: 1))
    let counterexample = try #require(report.counterexample, "the bug was not found")
    let shape = "L = \(bug.smallest.L), dk = \(bug.smallest.dk), dv = \(bug.smallest.dv),"
    #expect(counterexample.minimal.hasPrefix(shape))

    let again = law.check(Search(seed: 1))
    #expect(again == report, "not reproducible")
    let replayed = law.property.check(replaying: counterexample.replay.choices)
    #expect(replayed.counterexample?.minimal == counterexample.minimal)
  }

  /// The whole report of one of them, as a person sees it.
  @Test
  func report() throws {
    let law = LawInstance.equivalence(of: plantedBugs[0].formulation, cases: 6000)
    let failure = try #require(law.check(Search(seed: 1)).failure)
    #expect(failure.contains("o[0, 0] is 0, the recurrence has 1"))
    #expect(
      failure.contains(
        "smallest case: L = 1, dk = 1, dv = 1, q = [1], k = [1], v = [1], beta = [1], scale = 1, "
          + "initial_state = [0], C = 1"))
    #expect(failure.contains("replay: deltanet-verify --replay 'EQ/planted:"))
  }
}

/// A backward pass with one mistake, and the smallest shape in which it can show.
private let plantedGradientBugs: [(String, String, Formulation<PrimeField>)] = [
  gradientBug("dq reads the state before the write", "L = 1, dk = 1, dv = 1,") { problem, right in
    var states = [problem.initialState]
    for t in 0..<problem.length {
      states.append(recurrence(problem.tokens(t..<t + 1, from: states[t])).finalState)
    }
    return { dO, gradient in
      for t in 0..<problem.length {
        gradient.dq[row: t] = problem.scale * (dO[row: t] * states[t].transposed)
      }
    }
  },
  gradientBug("dβ is not multiplied by the error but by the value", "L = 1, dk = 1, dv = 1,") {
    problem, right in
    { _, gradient in
      for t in 0..<problem.length where problem.beta[t, 0] != .zero {
        gradient.dbeta[t, 0] = right.dv[row: t].pairing(problem.v[row: t]) / problem.beta[t, 0]
      }
    }
  },
  gradientBug("dh0 leaves dht out", "L = 0, dk = 1, dv = 1,") { _, right in
    { _, gradient in gradient.dh0 = .zero(right.dh0.rows, right.dh0.columns) }
  },
  gradientBug("dk leaves out what comes through the earlier state", "L = 1, dk = 1, dv = 1,") {
    problem, right in
    { _, gradient in
      if problem.length > 0 {
        gradient.dk[row: 0] += right.dv[row: 0] * problem.initialState.transposed
      }
    }
  },
]

private func gradientBug(
  _ name: String, _ shape: String,
  _ plant:
    @escaping @Sendable (Problem<PrimeField>, Gradient<PrimeField>) -> (
      Matrix<PrimeField>, inout Gradient<PrimeField>
    ) -> Void
) -> (String, String, Formulation<PrimeField>) {
  let formulation = Formulation<PrimeField>(
    "planted", cost: .recurrence, forward: { recurrence($0) },
    backward: { problem, cotangent in
      var gradient = recurrenceBackward(problem, cotangent)
      plant(problem, gradient)(cotangent.o, &gradient)
      return gradient
    })
  return (name, shape, formulation)
}

@Suite("Planted bugs of backward passes are found and shrunk")
struct PlantedGradientBugTests {
  @Test(arguments: plantedGradientBugs.indices)
  func found(index: Int) throws {
    let (name, shape, formulation) = plantedGradientBugs[index]
    let report = LawInstance.gradientEquivalence(of: formulation, cases: 1500)
      .check(Search(seed: 1))
    let counterexample = try #require(report.counterexample, "\(name) was not found")
    #expect(counterexample.minimal.hasPrefix(shape), "\(name)")
  }
}
