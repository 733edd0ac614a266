import Algebra
import DeltaRule
import Testing
import Verification

/// What the article of this name says, as it says it.
@Test("Precision")
func precisionAndRounding() throws {
  let problem = try Problem<Double>(
    q: Matrix(rows: 4, columns: 2, entries: [0.3, -1.1, 0.7, 0.2, -0.5, 0.9, 1.2, 0.4]),
    k: Matrix(rows: 4, columns: 2, entries: [0.6, 0.8, -0.8, 0.6, 0.28, 0.96, 1, 0]),
    v: Matrix(rows: 4, columns: 1, entries: [1.7, -0.4, 0.9, 2.2]),
    beta: Matrix(rows: 4, columns: 1, entries: [0.9, 0.3, 1, 0.5]),
    scale: 0.7, initialState: .zero(2, 1))

  let single = recurrence(problem.map { Float($0) })
  let narrow = recurrence(problem.map { BFloat16($0) })
  #expect(single.o[3, 0] != Float(narrow.o[3, 0].double))

  let format = FloatFormat.bfloat16
  let nearest = format.rounded(1.013)  // 1.015625
  let cutOff = format.rounded(1.013, .towardZero)  // 1.0078125
  let spacing = format.ulp(1)  // 0.0078125
  let largestError = format.unitRoundoff  // 0.00390625, relative
  #expect(nearest == 1.015625)
  #expect(cutOff == 1.0078125)
  #expect(spacing == 0.0078125)
  #expect(largestError == 0.00390625)

  let inputs = problem.map { Float($0) }
  let bounded = recurrence(inputs.map { RunningError(exact: $0) })
  let exact = recurrence(inputs.map { Dyadic(exactly: $0)! })  // nil only where not finite
  let isBelow = zip(bounded.o.entries, exact.o.entries).allSatisfy { computed, truth in
    (Dyadic(exactly: computed.value)! - truth).magnitude <= Dyadic(exactly: computed.bound)!
  }  // true
  #expect(isBelow)
  #expect(bounded.o.map(\.value) == single.o)

  let A = Matrix<Float>(48, 48) { i, j in j < i ? 1 : 0 }
  let inverse = Matrix<Float>(48, 48) { i, j in i == j ? 1 : i == j + 1 ? -1 : 0 }
  let bySubstitution = unitTriangularInverse(A) == inverse  // true
  let byPowers = neumannInverse(A)
  let worst = zip(byPowers.entries, inverse.entries).map { ($0 - $1).magnitude }.max()!
  let isLost = worst > 1  // true: the error is larger than the result
  #expect(bySubstitution)
  #expect(isLost)

  let model = PrecisionModel.bfloat16
  let enteringProducts = model.operands.name  // bf16
  let summed = model.accumulator.name  // f32
  let carried = model.carriedState.name  // f32
  #expect(enteringProducts == "bf16")
  #expect(summed == "f32")
  #expect(carried == "f32")
}
