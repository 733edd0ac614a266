import DeltaRuleGPU
import PropertyTesting

/// Operands of a device's primitive. They do not depend on the seed of a run, since results for them are on record.
struct PrimitiveCase: CustomStringConvertible {
  let primitive: DevicePrimitive
  let index: Int
  let operands: [UInt32]

  init(_ primitive: DevicePrimitive, _ index: Int) {
    self.primitive = primitive
    self.index = index
    operands = primitive.operands(index)
  }

  /// Whether it is a product whose sums are rounded, in an order that is the device's own.
  var isRounded: Bool { primitive.factors != nil && index >= DevicePrimitive.integerProducts }

  /// The same with absolute values of all numbers.
  ///
  /// - Precondition: the primitive is a product.
  var magnitudes: [UInt32] {
    let isPaired = primitive.factors != .tf32
    return operands.enumerated().map { i, word in
      word & (isPaired && i % 10 < 6 ? 0x7fff_7fff : 0x7fff_ffff)
    }
  }

  var description: String {
    "case \(index) of \(primitive.rawValue), operands \(operands[0].hexadecimal) … "
      + operands[operands.count - 1].hexadecimal
  }
}

/// The format of what a product multiplies.
enum Factors { case tf32, bfloat16, float16 }

extension DevicePrimitive {
  /// Nil for what is no product.
  var factors: Factors? {
    switch self {
    case .multiplyTF32: .tf32
    case .multiplyBFloat16: .bfloat16
    case .multiplyFloat16: .float16
    default: nil
    }
  }

  /// The first cases of a product, in integers so small that no sum of them is rounded.
  static let integerProducts = 8

  var caseCount: Int {
    switch self {
    case .toTF32, .toBFloat16, .toFloat16, .squareRoot, .fromBFloat16, .fromFloat16: 64
    case .packBFloat16: 8
    case .multiplyTF32, .multiplyBFloat16, .multiplyFloat16: Self.integerProducts + 2
    case .loadMatrices, .loadMatricesTransposed, .storeMatricesTransposed, .copyAsynchronously,
      .shuffle:
      4
    }
  }

  fileprivate func operands(_ index: Int) -> [UInt32] {
    var random = Xoshiro256(seed: mix(stableHash(rawValue) &+ UInt64(index)))
    func words(_ count: Int) -> [UInt32] { (0..<count).map { _ in random.word() } }
    let part = UInt32(index) * 1024..<UInt32(index + 1) * 1024
    switch self {
    case .fromBFloat16, .fromFloat16:
      return Array(part)
    case .toTF32, .toBFloat16, .toFloat16, .squareRoot:
      return part.flatMap { high in
        (Self.endings + [random.word() & 0xffff]).map { high << 16 | $0 }
      }
    case .packBFloat16:
      return words(2048)
    case .multiplyTF32, .multiplyBFloat16, .multiplyFloat16:
      return product(index, &random)
    case .loadMatrices, .loadMatricesTransposed, .storeMatricesTransposed:
      // An odd factor keeps numbers of 16 bits apart.
      func number(_ i: Int) -> UInt32 { UInt32((i + 1000 * index) * 40503 & 0xffff) }
      return (0..<256).map { number(2 * $0) | number(2 * $0 + 1) << 16 }
    case .copyAsynchronously:
      return (0..<64).flatMap { _ in
        words(8) + (index == 0 ? [1, 1] : words(2).map { $0 >> 31 }) + words(2)
      }
    case .shuffle:
      // Without its second bit no float is infinite or NaN.
      return words(64).map { $0 & 0xbfff_ffff }
    }
  }

  /// The second halves of floats to convert: zero, one to either side, and ties of 13 to 16 dropped bits with their neighbours.
  private static let endings: [UInt32] = [
    0, 1, 0x0fff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x2001, 0x3000, 0x4000, 0x4001, 0x7fff, 0x8000,
    0x8001, 0xffff,
  ]

  /// Four words of A, two of B and four numbers of D for each lane: every integer of A, of B and of D once; or random numbers
  /// between 1/2 and 4, in the last case between 2⁻⁸ and 2⁹.
  private func product(_ index: Int, _ random: inout Xoshiro256) -> [UInt32] {
    let (isPaired, isInteger) = (factors != .tf32, index < Self.integerProducts)
    let exponents = index == Self.integerProducts ? -1...1 : -8...8
    func numbers(_ count: Int, times unit: Float = 1, bits: Int) -> [Float] {
      isInteger
        ? random.shuffled((0..<count).map { Float($0 - count / 2) * unit })
        : (0..<count).map { _ in random.number(bits: bits, exponents) }
    }
    let bits = factors == .bfloat16 ? 7 : 10
    let a = factorWords(numbers(isPaired ? 256 : 128, bits: bits))
    let b = factorWords(numbers(isPaired ? 128 : 64, bits: bits))
    let d = numbers(128, times: 33, bits: 23).map(\.bitPattern)
    return (0..<32).flatMap { lane -> [UInt32] in
      Array(a[(4 * lane)...].prefix(4)) + b[(2 * lane)...].prefix(2) + d[(4 * lane)...].prefix(4)
    }
  }

  /// Numbers that the format holds, as it holds them: one of tf32 to a word, or two of the others.
  private func factorWords(_ numbers: [Float]) -> [UInt32] {
    func pairs(_ bits: (Float) -> UInt32) -> [UInt32] {
      stride(from: 0, to: numbers.count, by: 2).map {
        bits(numbers[$0]) | bits(numbers[$0 + 1]) << 16
      }
    }
    return switch factors {
    case .bfloat16: pairs { $0.bitPattern >> 16 }
    case .float16: pairs { UInt32(Float16($0).bitPattern) }
    case .tf32, nil: numbers.map(\.bitPattern)
    }
  }
}

extension Xoshiro256 {
  fileprivate mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: next() >> 32) }

  /// A float of random sign, so many random bits of fraction, and an exponent in a range.
  fileprivate mutating func number(bits: Int, _ exponents: ClosedRange<Int>) -> Float {
    let fraction = word() >> 9 & (.max << (23 - bits))
    let exponent = 127 + exponents.lowerBound + Int(next(through: UInt64(exponents.count - 1)))
    return Float(bitPattern: word() & 0x8000_0000 | UInt32(exponent) << 23 | fraction)
  }

  fileprivate mutating func shuffled(_ numbers: [Float]) -> [Float] {
    var numbers = numbers
    for i in numbers.indices.reversed() { numbers.swapAt(i, Int(next(through: UInt64(i)))) }
    return numbers
  }
}

extension UInt32 {
  /// Its eight digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
