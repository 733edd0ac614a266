import Algebra
import PropertyTesting
import Testing

/// Single-precision numbers of every kind: random bits, so that exponents are uniform and NaNs occur.
private func floats(_ count: Int, seed: UInt64) -> [Float] {
  var random = Xoshiro256(seed: seed)
  return (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
}

private func isSame(_ a: Double, _ b: Double) -> Bool {
  a.isNaN && b.isNaN || a.bitPattern == b.bitPattern
}

@Suite("Rounding to narrow formats")
struct FloatFormatTests {
  /// Every float16 number, every midpoint between two of them, and what lies next to both.
  @Test
  func binary16IsFloat16() {
    for bits in 0...UInt16.max {
      let value = Float16(bitPattern: bits)
      #expect(isSame(FloatFormat.binary16.rounded(Double(value)), Double(value)))
      guard value.isFinite else { continue }
      let midpoint = (Double(value) + Double(value.nextUp.isFinite ? value.nextUp : value)) / 2
      for x in [midpoint, midpoint.nextUp, midpoint.nextDown] {
        #expect(isSame(FloatFormat.binary16.rounded(x), Double(Float16(x))), "\(x)")
      }
    }
    for x in floats(20_000, seed: 1) {
      #expect(isSame(FloatFormat.binary16.rounded(Double(x)), Double(Float16(x))), "\(x)")
    }
    #expect(FloatFormat.binary16.rounded(65519.99) == 65504)
    #expect(FloatFormat.binary16.rounded(65520) == .infinity)
  }

  @Test
  func binary32IsFloat() {
    var random = Xoshiro256(seed: 2)
    for _ in 0..<20_000 {
      let x = Double(bitPattern: random.next())
      #expect(isSame(FloatFormat.binary32.rounded(x), Double(Float(x))), "\(x)")
    }
    #expect(FloatFormat.binary64.rounded(.pi) == .pi)
  }

  /// The published rule: half of the last kept place, and its bit where that is a tie, added to the bits.
  @Test
  func bfloat16IsTheUpperHalfOfFloat() {
    for x in floats(50_000, seed: 3) where !x.isNaN {
      let bits = x.bitPattern
      let rounded = (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000
      #expect(
        isSame(FloatFormat.bfloat16.rounded(Double(x)), Double(Float(bitPattern: rounded))), "\(x)")
      let dropped = Float(bitPattern: bits & 0xffff_0000)
      if x.isFinite {
        #expect(isSame(FloatFormat.bfloat16.rounded(Double(x), .towardZero), Double(dropped)))
      }
    }
  }

  /// The same rule for the 13 bits that tf32 has less.
  @Test
  func tf32IsFloatWithoutThirteenBits() {
    for x in floats(50_000, seed: 4) where x.isFinite {
      let bits = x.bitPattern
      let rounded = Float(bitPattern: (bits &+ 0xfff &+ (bits >> 13 & 1)) & 0xffff_e000)
      #expect(isSame(FloatFormat.tf32.rounded(Double(x)), Double(rounded)), "\(x)")
      let dropped = Float(bitPattern: bits & 0xffff_e000)
      #expect(isSame(FloatFormat.tf32.rounded(Double(x), .towardZero), Double(dropped)), "\(x)")
    }
  }

  @Test(arguments: [FloatFormat.binary16, .bfloat16, .tf32, .binary32])
  func specialValues(format: FloatFormat) {
    for rounding in [FloatFormat.Rounding.toNearestEven, .towardZero, .stochastic(random: .max)] {
      #expect(format.rounded(0, rounding).bitPattern == 0)
      #expect(format.rounded(-0.0, rounding).bitPattern == (-0.0).bitPattern)
      #expect(format.rounded(-.infinity, rounding) == -.infinity)
      #expect(format.rounded(.nan, rounding).isNaN)
      for exact in [format.leastNonzeroMagnitude, format.leastNormalMagnitude, 1, 1.5] {
        #expect(format.rounded(-exact, rounding) == -exact)
      }
      #expect(
        format.rounded(format.greatestFiniteMagnitude, rounding) == format.greatestFiniteMagnitude)
    }
    #expect(format.ulp(0) == format.leastNonzeroMagnitude)
    #expect(format.ulp(1) == 2 * format.unitRoundoff)
    #expect(format.ulp(-1.75) == 2 * format.unitRoundoff)
    #expect(format.ulp(Double(Float(2).nextDown)) == 2 * format.unitRoundoff)
    let beyond = format.greatestFiniteMagnitude * 2
    #expect(format.rounded(beyond) == .infinity)
    #expect(format.rounded(-beyond, .towardZero) == -format.greatestFiniteMagnitude)
    #expect(format.rounded(1 + format.unitRoundoff) == 1)
    #expect(format.rounded((1 + format.unitRoundoff).nextUp) == 1 + 2 * format.unitRoundoff)
  }

  /// A number a quarter of the way between two others becomes the upper one every fourth time, in normal and
  /// in subnormal numbers.
  @Test(arguments: [FloatFormat.binary16, .bfloat16, .tf32])
  func stochasticRoundingIsRightOnAverage(format: FloatFormat) {
    var random = Xoshiro256(seed: 5)
    for (low, step) in [
      (1.0, 2 * format.unitRoundoff),
      (3 * format.leastNonzeroMagnitude, format.leastNonzeroMagnitude),
    ] {
      let x = low + step / 4
      let results = (0..<4000).map { _ in format.rounded(x, .stochastic(random: random.next())) }
      #expect(Set(results) == [low, low + step])
      // Six standard deviations of a binomial count.
      #expect(abs(results.count { $0 > low } - 1000) < 165)
      #expect(results.allSatisfy { format.rounded(-$0, .stochastic(random: random.next())) == -$0 })
    }
  }
}

@Suite("Emulated arithmetic")
struct EmulatedTests {
  /// Every operation on float16 numbers gives what the standard library's Float16 gives.
  @Test
  func binary16ComputesAsFloat16() {
    var random = Xoshiro256(seed: 6)
    for _ in 0..<50_000 {
      let (a, b) = (
        Float16(bitPattern: UInt16(truncatingIfNeeded: random.next())),
        Float16(bitPattern: UInt16(truncatingIfNeeded: random.next()))
      )
      let (x, y) = (Binary16(Double(a)), Binary16(Double(b)))
      #expect(isSame((x + y).double, Double(a + b)), "\(a) + \(b)")
      #expect(isSame((x - y).double, Double(a - b)), "\(a) − \(b)")
      #expect(isSame((x * y).double, Double(a * b)), "\(a) · \(b)")
      #expect(isSame((x / y).double, Double(a / b)), "\(a) / \(b)")
      #expect(isSame(x.squareRoot().double, Double(a.squareRoot())), "√\(a)")
      #expect((x < y) == (a < b))
    }
  }

  /// Operations on bfloat16 numbers round the result of Float arithmetic, which has more than twice the bits.
  @Test
  func bfloat16RoundsFloatArithmetic() {
    let x = floats(20_000, seed: 7).map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
    for (a, b) in zip(x, x.dropFirst()) where a.isNormal && b.isNormal {
      let (x, y) = (BFloat16(Double(a)), BFloat16(Double(b)))
      func rounded(_ value: Float) -> Double { FloatFormat.bfloat16.rounded(Double(value)) }
      #expect(isSame((x + y).double, rounded(a + b)), "\(a) + \(b)")
      // Below the normal numbers Float rounds first, and twice is not once.
      if (a * b).magnitude >= .leastNormalMagnitude {
        #expect(isSame((x * y).double, rounded(a * b)), "\(a) · \(b)")
      }
      #expect(BFloat16(3).double == 3)
    }
  }

  @Test
  func tf32RoundsOperandsOfProductsAlone() {
    let fine = TF32(1 + 0x1p-12)
    #expect((fine + fine).double == 2 + 0x1p-11, "sums are Float")
    #expect((fine * TF32(1)).double == 1, "2⁻¹² does not enter a product")
    #expect((TF32(1 + 0x1p-10) * TF32(1 + 0x1p-10)).double == 1 + 0x1p-9 + 0x1p-20)
    let tiny = TF32(0x1p-100)
    #expect((tiny * tiny).double == 0)
    #expect(TF32.multiplicationError(of: tiny * tiny, tiny, tiny) >= 0x1p-200)
  }

  /// One operation's error never exceeds the bound that it states.
  @Test
  func boundsOfOneOperation() throws {
    try bounds(of: BFloat16.self, seed: 8)
    try bounds(of: Binary16.self, seed: 9)
    try bounds(of: TF32.self, seed: 10)
  }

  private func bounds<Number: RoundedArithmetic & Real>(
    of type: Number.Type, seed: UInt64
  ) throws {
    let x = floats(4000, seed: seed).filter(\.isFinite).map { Number(Double($0)) }
    for (a, b) in zip(x, x.dropFirst()) {
      func exactly(_ x: Number) throws -> Dyadic { try #require(Dyadic(exactly: x.double)) }
      guard a.double.isFinite, b.double.isFinite else { continue }
      if (a + b).double.isFinite {
        let error = (try exactly(a + b) - (exactly(a) + exactly(b))).magnitude
        #expect(try error <= #require(Dyadic(exactly: Number.additionError(of: a + b))))
      }
      if (a * b).double.isFinite {
        let error = (try exactly(a * b) - exactly(a) * exactly(b)).magnitude
        #expect(
          try error <= #require(Dyadic(exactly: Number.multiplicationError(of: a * b, a, b))))
      }
    }
  }
}
