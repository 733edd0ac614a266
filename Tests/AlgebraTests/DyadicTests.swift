import Algebra
import BigInt
import Testing

@Suite("Dyadic numbers")
struct DyadicTests {
  @Test(
    arguments: [
      0.0, -0.0, 1, -1, 0.1, -0.1, 1.0 / 3, 6.02e23, .leastNonzeroMagnitude,
      -.leastNonzeroMagnitude, .leastNormalMagnitude, .leastNormalMagnitude.nextDown,
      .greatestFiniteMagnitude, .pi,
    ])
  func holdsEveryDoubleExactly(value: Double) throws {
    let exact = try #require(Dyadic(exactly: value))
    #expect(exact.double == value)
  }

  @Test
  func holdsEveryHalfExactly() throws {
    for bits in UInt16.min...UInt16.max {
      let value = Float16(bitPattern: bits)
      if value.isFinite {
        #expect(try #require(Dyadic(exactly: value)).double == Double(value))
      } else {
        #expect(Dyadic(exactly: value) == nil)
      }
    }
  }

  @Test
  func exactWhereDoublesRound() throws {
    let tenth = try #require(Dyadic(exactly: 0.1))
    let fifth = try #require(Dyadic(exactly: 0.2))
    let three = try #require(Dyadic(exactly: 0.3))
    #expect(tenth + fifth != three)
    #expect((tenth + fifth - three).double == 0x1p-55)
  }

  @Test
  func canonical() {
    #expect(Dyadic(significand: 12, exponent: -2) == Dyadic(3))
    #expect(Dyadic(significand: 0, exponent: 99) == .zero)
    #expect("\(Dyadic(significand: -3, exponent: -4))" == "-3/2^4")
    #expect("\(Dyadic(significand: 3, exponent: 4))" == "48")
  }

  @Test
  func ordered() {
    let numbers = [-8, -1, 0, 1, 3].map { Dyadic($0) }
    #expect(numbers.reversed().sorted() == numbers)
    #expect(Dyadic(significand: 1, exponent: -100) > .zero)
    #expect(Dyadic(-3).magnitude == Dyadic(3))
  }
}
