import Algebra
import BigInt
import Testing

@Suite("Counting scalars")
struct CountingTests {
  @Test
  func operations() {
    let x = OperationCounter(3)
    let counts = OperationCounter.counting {
      _ = x * x + x - x / x
      _ = -x
    }
    var expected = OperationCounts()
    expected.multiplications = 1
    expected.additions = 2
    expected.divisions = 1
    #expect(counts == expected)
    #expect(OperationCounter.counting {} == OperationCounts())
  }

  /// Counts of concurrent tasks do not mix.
  @Test
  func concurrently() async {
    await withTaskGroup(of: (Int, Int).self) { group in
      for n in 1...20 {
        group.addTask {
          let counts = OperationCounter.counting {
            _ = (0..<n).reduce(OperationCounter.zero) { sum, _ in sum + .one }
          }
          return (n, counts.additions)
        }
      }
      for await (n, additions) in group { #expect(additions == n) }
    }
  }

  @Test
  func depth() {
    let x = CriticalPath(1)
    #expect(x.depth == 0)
    #expect(((x + x) * x).depth == 2)
    #expect((-(x + x)).depth == 1)
    #expect(sum(0..<8) { _ in x }.depth == 3)
    #expect(sum(0..<9) { _ in x }.depth == 4)
    #expect(sum(0..<0) { _ in x }.depth == 0)
  }

  @Test
  func matrixProduct() {
    let a = Matrix<OperationCounter>.zero(2, 5)
    let b = Matrix<OperationCounter>.zero(5, 3)
    let counts = OperationCounter.counting { _ = a * b }
    #expect(counts.multiplications == 2 * 5 * 3)
    #expect(counts.additions == 2 * 4 * 3)
  }
}

@Suite("Polynomials")
struct PolynomialTests {
  private typealias Integers = Polynomial<BigInt>
  private let x = Integers(variable: "x")
  private let y = Integers(variable: "y")

  @Test
  func reads() {
    #expect("\((x + y) * (x - y))" == "x² − y²")
    #expect("\(2 * x * x * y - x + 7)" == "2·x²·y − x + 7")
    #expect("\(-1 * x)" == "-x")
    #expect("\(x - x)" == "0")
    #expect("\(Polynomial(Rational(1, over: 2)) * Polynomial(variable: "n"))" == "1/2·n")
  }

  @Test
  func evaluates() {
    #expect((x * x + 3 * y)(["x": 5, "y": -2]) == 19)
    #expect(Integers.zero([:]) == 0)
  }

  @Test
  func equalityIsIdentity() {
    #expect((x + y) * (x + y) == x * x + 2 * x * y + y * y)
    #expect((x + y) * (x + y) != x * x + y * y)
  }
}
