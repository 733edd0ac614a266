import Algebra
import PropertyTesting
import Testing

/// Random doubles with 53 significant bits and exponents from −20 to 20.
private func doubles(_ count: Int, seed: UInt64) -> [Double] {
  var random = Xoshiro256(seed: seed)
  return (0..<count).map { _ in
    let significand = Double(random.next(through: 1 << 53)) - 0x1p52
    let exponent = Int(random.next(through: 40)) - 72
    return significand * Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

private func exactly(_ value: Double) throws -> Dyadic { try #require(Dyadic(exactly: value)) }

@Suite("Double-double arithmetic")
struct DoubleDoubleTests {
  private func exactly(_ value: DoubleDouble) throws -> Dyadic {
    try #require(Dyadic(exactly: value.high)) + #require(Dyadic(exactly: value.low))
  }

  private func number(_ high: Double, _ low: Double) -> DoubleDouble {
    DoubleDouble(high) + DoubleDouble(low * 0x1p-54)
  }

  /// The bounds of Joldes, Muller and Popescu, with u = 2⁻⁵³.
  @Test
  func staysWithinItsBounds() throws {
    let x = doubles(4000, seed: 1)
    for i in stride(from: 0, to: x.count, by: 4) {
      let (a, b) = (number(x[i], x[i + 1]), number(x[i + 2], x[i + 3]))
      let (exactA, exactB) = (try exactly(a), try exactly(b))
      func error(_ result: DoubleDouble, _ exact: Dyadic) throws -> Double {
        (try exactly(result) - exact).magnitude.double / exact.magnitude.double
      }
      if exactA + exactB != .zero {
        #expect(try error(a + b, exactA + exactB) <= 3.001 * 0x1p-106)
        #expect(try error(a - b, exactA - exactB) <= 3.001 * 0x1p-106)
      }
      #expect(try error(a * b, exactA * exactB) <= 5 * 0x1p-106)
      // a / b · b against a, relative to a.
      let quotient = try exactly(a / b)
      let residual = (quotient * exactB - exactA).magnitude.double / exactA.magnitude.double
      #expect(residual <= 10 * 0x1p-106)
    }
  }

  @Test
  func squareRoots() throws {
    for value in doubles(500, seed: 2).map(abs) where value > 0 {
      let root = DoubleDouble(value).squareRoot()
      let exactRoot = try exactly(root)
      let residual = (exactRoot * exactRoot - (try exactly(DoubleDouble(value)))).magnitude.double
      #expect(residual / value <= 0x1p-100)
    }
    #expect(DoubleDouble(0.0).squareRoot() == .zero)
  }

  @Test
  func ordered() {
    #expect(number(1, 0) < number(1, 1))
    #expect(!(number(2, 0) < number(1, 1)))
  }
}

@Suite("Running error")
struct RunningErrorTests {
  /// Long chains of operations: the error stays below the bound, which is not void.
  private func boundsTheTrueError<Base: RoundedArithmetic>(
    of number: (Double) -> Base, _ exactly: (Base) throws -> Dyadic
  ) throws {
    var worst = 0.0
    for seed in 0..<50 as Range<UInt64> {
      let x = doubles(60, seed: 100 + seed).map(number)
      var bounded = RunningError(exact: x[0])
      var exact = try exactly(x[0])
      for i in stride(from: 1, to: 58, by: 2) {
        let (a, b) = (RunningError(exact: x[i]), RunningError(exact: x[i + 1]))
        bounded = (bounded + a) * b - a
        exact = (exact + (try exactly(x[i]))) * (try exactly(x[i + 1])) - (try exactly(x[i]))
        let error = (try exactly(bounded.value) - exact).magnitude
        #expect(error <= (try #require(Dyadic(exactly: bounded.bound))))
        worst = max(worst, error.double / bounded.bound)
      }
    }
    #expect(worst > 0.01)
  }

  @Test
  func boundsTheTrueErrorOfDoubles() throws {
    try boundsTheTrueError(of: { $0 }, exactly)
  }

  @Test
  func boundsTheTrueErrorOfDoubleDoubles() throws {
    try boundsTheTrueError(of: { DoubleDouble($0) }) { value in
      try exactly(value.high) + exactly(value.low)
    }
  }

  @Test
  func sameValueAsPlainArithmetic() {
    let (a, b) = (Float(0.1), Float(0.7))
    let bounded = RunningError(exact: a) * RunningError(exact: b) - RunningError(exact: b)
    #expect(bounded.value == a * b - b)
  }

  @Test
  func exactOperationsMayHaveNoError() {
    #expect(RunningError<Float>(exact: 0.5).bound == 0)
    #expect((-RunningError<Float>(exact: 0.5)).bound == 0)
    #expect(RunningError<Float>(exact: .greatestFiniteMagnitude) * RunningError(2) == .overflowed)
  }

  @Test
  func underflowIsPaidFor() throws {
    let tiny = RunningError<Double>(exact: 0x1p-600)
    let product = tiny * tiny
    #expect(product.value == 0)
    #expect(product.bound >= 0x1p-1074)
  }
}

extension RunningError where Base == Float {
  /// What every operation that overflows gives.
  fileprivate static var overflowed: Self { RunningError(exact: Float.infinity) * RunningError(1) }
}
