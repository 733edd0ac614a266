import Algebra
import DeltaRule
import Testing

@Suite("Gradients on the batched interface")
struct GradientTests {
  /// L = 1, dk = dv = 1: o = s·q·(S + k·β·(v − k·S)).
  ///
  /// With q = 2, k = 3, v = 5, β = 7, s = 11, S = 13, do = 1, dht = 0:
  /// S₁ = 13 + 21·(5 − 39) = −701, o = 22·(−701) = −15422.
  @Test(arguments: Formulation<Rational>.all.map(\.name))
  func workedExample(name: String) throws {
    func tensor(_ value: Int, _ shape: Int...) -> Tensor<Rational> {
      Tensor(shape: shape, elements: [Rational(value)])
    }
    let problem = try BatchedProblem(
      q: tensor(2, 1, 1, 1, 1), k: tensor(3, 1, 1, 1, 1), v: tensor(5, 1, 1, 1, 1),
      beta: tensor(7, 1, 1, 1), scale: Rational(11), initialState: tensor(13, 1, 1, 1, 1))
    let formulation = try #require(Formulation<Rational>.named(name))
    let (value, pullback) = problem.valueWithPullback(by: formulation, chunkLength: 4)
    #expect(value.o.elements == [Rational(-15422)])
    let gradient = try pullback(
      BatchedSolution(o: tensor(1, 1, 1, 1, 1), finalState: tensor(0, 1, 1, 1, 1)))
    #expect(gradient.dq.elements == [Rational(11 * -701)])
    #expect(gradient.dk.elements == [Rational(22 * 7 * (5 - 2 * 3 * 13))])
    #expect(gradient.dv.elements == [Rational(22 * 3 * 7)])
    #expect(gradient.dbeta.elements == [Rational(22 * 3 * (5 - 39))])
    #expect(gradient.dh0.elements == [Rational(22 * (1 - 7 * 9))])
  }

  @Test
  func aCotangentOfAnotherShapeIsRefused() throws {
    func zeros(_ shape: Int...) -> Tensor<Double> { Tensor(repeating: 0, shape: shape) }
    let problem = try BatchedProblem(
      q: zeros(1, 3, 1, 2), k: zeros(1, 3, 1, 2), v: zeros(1, 3, 2, 4), beta: zeros(1, 3, 2),
      scale: 1)
    let form = try #require(Formulation<Double>.named("chunkwise"))
    let pullback = problem.valueWithPullback(by: form).pullback
    #expect(throws: ShapeError.self) {
      try pullback(BatchedSolution(o: zeros(1, 3, 1, 4), finalState: zeros(1, 2, 2, 4)))
    }
    #expect(throws: ShapeError.self) {
      try pullback(BatchedSolution(o: zeros(1, 3, 2, 4), finalState: zeros(1, 2, 4, 2)))
    }
    let gradient = try pullback(
      BatchedSolution(o: zeros(1, 3, 2, 4), finalState: zeros(1, 2, 2, 4)))
    #expect(gradient.dk.shape == [1, 3, 1, 2])
    #expect(gradient.dbeta.shape == [1, 3, 2])
  }
}
