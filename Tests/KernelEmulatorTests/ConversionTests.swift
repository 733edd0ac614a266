import DeltaRuleGPU
import Testing

/// Numbers of 16 bits, every one of them.
struct ConversionTests {
  /// Of every 16-bit pattern: the single-precision number, and back.
  private func roundTrip(_ name: String) throws -> (single: [Float], back: [UInt32]) {
    var kernel = TestKernel(
      text: """
        KERNEL void kernel(unsigned *single, unsigned *back) {
          int i = GROUP_X * 256 + THREAD;
          float x = from_\(name)((unsigned short)i);
          single[i] = __float_as_uint(x);
          back[i] = to_\(name)(x);
        }
        """, threads: 256)
    kernel.groups = (256, 1, 1)
    let zeros = [UInt32](repeating: 0, count: 1 << 16)
    let result = try kernel.run([zeros, zeros], checking: false)
    return (result[0].map(Float.init(bitPattern:)), result[1])
  }

  /// Single-precision numbers, converted.
  private func converted(_ name: String, _ x: [Float]) throws -> [UInt16] {
    var kernel = TestKernel(
      text: """
        KERNEL void kernel(const unsigned *x, unsigned *y, int n) {
          int i = GROUP_X * 256 + THREAD;
          if (i < n) y[i] = to_\(name)(__uint_as_float(x[i]));
        }
        """, threads: 256)
    kernel.groups = ((x.count + 255) / 256, 1, 1)
    let zeros = [UInt32](repeating: 0, count: x.count)
    return try kernel.run(
      [x.map(\.bitPattern), zeros], [.int32(Int32(x.count))], checking: false)[1].map(UInt16.init)
  }

  @Test(arguments: ["bf16", "f16"]) func everyPatternComesBack(name: String) throws {
    let (single, back) = try roundTrip(name)
    let wrong = (0..<1 << 16).filter { pattern in
      let y = back[pattern]
      guard single[pattern].isNaN else { return y != pattern }
      return !Self.isNaN(UInt16(y), name) || Int(y >> 15) != pattern >> 15
    }
    #expect(wrong.isEmpty)
    let numbers = single.filter(\.isFinite)
    #expect(numbers.count == (name == "bf16" ? 65_536 - 256 : 65_536 - 2048))
    #expect(numbers.max() == (name == "bf16" ? 0x1.fep127 : 65_504))
    #expect(
      numbers.filter { $0 > 0 }.min() == (name == "bf16" ? 0x1p-133 : 0x1p-24))
  }

  /// Half-way and a little to either side of it, between all neighbours.
  @Test(arguments: ["bf16", "f16"]) func roundingIsToTheNearestAndEven(name: String) throws {
    let (single, _) = try roundTrip(name)
    let largest = (0..<UInt16(1 << 15)).filter { single[Int($0)].isFinite }.max()!
    var numbers: [Float] = []
    var expected: [UInt16] = []
    for pattern in 0...largest {
      let low = single[Int(pattern)]
      let next = Int(pattern) + (pattern == largest ? -1 : 1)
      let middle = low + abs(single[next] - low) / 2
      let even = pattern & 1 == 0 ? pattern : pattern + 1
      numbers += [middle.nextDown, middle, middle.nextUp, -middle]
      expected += [pattern, even, pattern + 1, even | 0x8000]
    }
    #expect(try converted(name, numbers) == expected)
    #expect(
      try converted(name, [.infinity, -.infinity])
        == (name == "bf16" ? [0x7f80, 0xff80] : [0x7c00, 0xfc00]))
    for pattern in try converted(
      name, [.nan, .signalingNaN, Float(bitPattern: 0x7f80_0001), Float(bitPattern: .max)])
    {
      #expect(Self.isNaN(pattern, name))
    }
  }

  @Test func pairsAreTheLowerFirst() throws {
    let kernel = TestKernel(
      text: "KERNEL void kernel(unsigned *y) { if (THREAD == 0) y[0] = pack_bf16(1.0f, -2.0f); }")
    #expect(try kernel.run([[UInt32(0)]])[0] == [0xc000_3f80])
  }

  private static func isNaN(_ pattern: UInt16, _ name: String) -> Bool {
    pattern & 0x7fff > (name == "bf16" ? 0x7f80 : 0x7c00)
  }
}
