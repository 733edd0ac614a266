import Algebra
import DeltaRule
import PropertyTesting
import Testing
import Verification

/// What queries read of the memory after the first `count` tokens.
func read<Scalar>(
  _ queries: Matrix<Scalar>, after count: Int, of problem: Problem<Scalar>
) -> Matrix<Scalar> {
  var q = queries
  var o = Matrix<Scalar>.zero(q.rows, problem.valueDimension)
  for t in (0..<count).reversed() {
    let k = problem.k[row: t]
    let a = (q * k.transposed) * problem.beta[row: t]
    o += a * problem.v[row: t]
    q -= a * k
  }
  return o + q * problem.initialState
}

func querySweep<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    o[row: t] = problem.scale * read(problem.q[row: t], after: t + 1, of: problem)
  }
  let ones = Matrix<Scalar>.identity(problem.keyDimension)
  return Solution(o: o, finalState: read(ones, after: problem.length, of: problem))
}

/// The cotangent of the queries from that of what they read; what reaches tokens goes into `gradient`.
func readBackward<Scalar>(
  _ queries: Matrix<Scalar>, after count: Int, of problem: Problem<Scalar>,
  _ dO: Matrix<Scalar>, into gradient: inout Gradient<Scalar>
) -> Matrix<Scalar> {
  var walk = [queries]
  for t in (0..<count).reversed() {
    let (q, k) = (walk[walk.count - 1], problem.k[row: t])
    walk.append(q - (q * k.transposed) * problem.beta[row: t] * k)
  }
  gradient.dh0 += walk[count].transposed * dO
  var dQ = dO * problem.initialState.transposed
  for t in 0..<count {
    let (k, beta, q) = (problem.k[row: t], problem.beta[row: t], walk[count - 1 - t])
    let overlap = q * k.transposed
    let a = overlap * beta
    let da = dO * problem.v[row: t].transposed - dQ * k.transposed
    gradient.dv[row: t] += a.transposed * dO
    gradient.dbeta[row: t] += da.transposed * overlap
    gradient.dk[row: t] += beta * (da.transposed * q) - a.transposed * dQ
    dQ += da * beta * k
  }
  return dQ
}

func querySweepBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  var gradient = Gradient(zerosFor: problem)
  for t in 0..<problem.length {
    gradient.dq[row: t] = readBackward(
      problem.q[row: t], after: t + 1, of: problem, problem.scale * cotangent.o[row: t],
      into: &gradient)
  }
  let ones = Matrix<Scalar>.identity(problem.keyDimension)
  _ = readBackward(ones, after: problem.length, of: problem, cotangent.finalState, into: &gradient)
  return gradient
}

/// What the article of this name says, as it says it.
@Test("Add a formulation")
func addAFormulation() throws {
  let attempt = Formulation<PrimeField>(
    "query-sweep", cost: .recurrence, forward: { querySweep($0) },
    backward: { recurrenceBackward($0, $1) })
  let report = LawInstance.equivalence(of: attempt, cases: 1000).check(Search(seed: 1))
  let isEqual = report.holds  // true
  #expect(isEqual)
  #expect(report.held == 1000)

  let late = Formulation<PrimeField>(
    "late-sweep", cost: .recurrence,
    forward: { problem in
      var solution = querySweep(problem)
      for t in 0..<problem.length {
        solution.o[row: t] = problem.scale * read(problem.q[row: t], after: t, of: problem)
      }
      return solution
    },
    backward: { recurrenceBackward($0, $1) })
  let failure = LawInstance.equivalence(of: late, cases: 1000).check(Search(seed: 1))
  let smallest = failure.counterexample?.minimal
  let reason = failure.counterexample?.reason  // o[0, 0] is 0, the recurrence has 1
  #expect(!failure.holds)
  #expect(smallest?.hasPrefix("L = 1, dk = 1, dv = 1") == true)
  #expect(reason == "o[0, 0] is 0, the recurrence has 1")

  let (L, dk, dv) = (
    Cost.Count(variable: "L"), Cost.Count(variable: "dk"), Cost.Count(variable: "dv")
  )
  let half = Cost.Count(Rational(1) / Rational(2))
  let steps = half * L * (L + 1) + dk * L
  let sweepCost = Cost(
    multiplications: steps * (2 * dk + dv + 1) + (L + dk) * dk * dv + L * dv,
    additions: steps * (2 * dk + dv - 1) + (L + dk) * dk * dv,
    depth: L * (4 + Cost.Count(variable: "lgdk")) + Cost.Count(variable: "lgdk") + 3,
    growth: Cost.Growth(
      work: "L²·(dk + dv)", depth: "L", memory: "L·dk", error: Cost.Error(formsTransitions: true)))

  let sizes = Cost.variables(length: 8, chunkLength: 1, keyDimension: 4, valueDimension: 2)
  let blank = try Problem<OperationCounter>(
    q: .zero(8, 4), k: .zero(8, 4), v: .zero(8, 2), beta: .zero(8, 1), scale: .one,
    initialState: .zero(4, 2))
  let counted = OperationCounter.counting { _ = querySweep(blank) }
  let isExact = sweepCost.multiplications(sizes) == Rational(counted.multiplications)  // true
  #expect(isExact)
  #expect(sweepCost.additions(sizes) == Rational(counted.additions))
  let timed = try Problem<CriticalPath>(
    q: .zero(8, 4), k: .zero(8, 4), v: .zero(8, 2), beta: .zero(8, 1), scale: .one,
    initialState: .zero(4, 2))
  let results = querySweep(timed)
  let depths = (results.o.entries + results.finalState.entries).map(\.depth)
  #expect(sweepCost.depth(sizes) == Rational(try #require(depths.max())))

  let sweep = Formulation<PrimeField>(
    "query-sweep", cost: sweepCost, forward: { querySweep($0) },
    backward: { querySweepBackward($0, $1) })
  let laws = Law.all.compactMap { $0.instance(for: Candidate(sweep)) }
  let broken = laws.filter { !$0.check(Search(seed: 1, cases: 20)).holds }  // none
  #expect(laws.count > 20)
  #expect(broken.map(\.property.id) == [])
  #expect(LawInstance.gradientEquivalence(of: sweep, cases: 200).check(Search(seed: 1)).holds)
}
