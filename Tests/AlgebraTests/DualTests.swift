import Algebra
import Testing

@Suite("Dual numbers")
struct DualTests {
  private typealias D = Dual<Rational>

  private func number(_ value: Int, _ tangent: Int) -> D {
    D(Rational(value), tangent: Rational(tangent))
  }

  @Test
  func rulesOfTheCalculus() {
    let (x, y) = (number(3, 1), number(5, 0))
    #expect((x * x * x).tangent == Rational(27))
    #expect((x * y + x).tangent == Rational(6))
    #expect((y / x).tangent == Rational(-5) / Rational(9))
    #expect((-x).tangent == Rational(-1))
    #expect((number(0, 1) * number(0, 1)) == .zero)
  }

  /// x³ at 2, differentiated twice along 1: 6x = 12.
  @Test
  func secondDerivatives() {
    typealias Second = Dual<Dual<Rational>>
    let x = Second(number(2, 1), tangent: number(1, 0))
    #expect((x * x * x).tangent.tangent == Rational(12))
  }

  @Test
  func squareRoots() {
    let root = Dual(4.0, tangent: 3.0).squareRoot()
    #expect(root.value == 2)
    #expect(root.tangent == 0.75)
    #expect(Dual(1.0, tangent: 9) < Dual(2.0))
  }
}
