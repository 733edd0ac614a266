import DeltaRuleGPU
import Testing

/// A whole kernel: a forward pass of the delta rule.
struct WorkloadTests {
  private static let (length, d) = (100, 32)
  private static let text = String(decoding: PackageResources.delta_forward_cu, as: UTF8.self)

  private static func kernel(_ text: String) -> TestKernel {
    TestKernel(
      name: "delta_forward",
      text: "#define C 32\n#define D 32\n#define DV 32\n#define NT 128\n" + text,
      threads: 128, sharedBytes: 4 * (7 * 32 * 36 + 32 * 36 + 512 + 32))
  }

  /// q, k, v, beta, o and the state.
  private static let arrays: [[Float]] = {
    var generator = SplitMix(state: 1)
    func random(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
      (0..<count).map { _ in Float.random(in: range, using: &generator) }
    }
    let q = random(length * d, in: -1...1)
    var k = random(length * d, in: -1...1)
    for t in 0..<length {
      let norm = k[t * d..<(t + 1) * d].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for i in 0..<d { k[t * d + i] /= norm }
    }
    return [
      q, k, random(length * d, in: -1...1), random(length, in: 0...1),
      [Float](repeating: .nan, count: length * d), random(d * d, in: -1...1),
    ]
  }()

  private static let more: [KernelArgument] = [
    .int32(Int32(length)), .int32(Int32(d)), .float(1),
  ]

  /// The recurrence, a token at a time.
  private static let expected: [Double] = {
    let numbers = arrays.map { $0.map(Double.init) }
    let (q, k, v, beta) = (numbers[0], numbers[1], numbers[2], numbers[3])
    var (state, o) = (numbers[5], [Double](repeating: 0, count: length * d))
    for t in 0..<length {
      for j in 0..<d {
        var u = v[t * d + j]
        for i in 0..<d { u -= k[t * d + i] * state[i * d + j] }
        for i in 0..<d {
          state[i * d + j] += k[t * d + i] * beta[t] * u
          o[t * d + j] += q[t * d + i] * state[i * d + j]
        }
      }
    }
    return o
  }()

  private static func error(of o: [Float]) -> Double {
    let square = zip(o, expected).reduce(0) { $0 + ($1.1 - Double($1.0)) * ($1.1 - Double($1.0)) }
    return (square / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(arguments: seeds) func itIsRight(seed: UInt64) throws {
    let kernel = Self.kernel(Self.text)
    for checking in [false, true] {
      let rounded = try kernel.run(Self.arrays, Self.more, seed: seed, checking: checking)
      #expect(Self.error(of: rounded[4]) < 1e-3)
      let exact = try kernel.run(
        Self.arrays, Self.more, seed: seed, exact: true, checking: checking)
      #expect(Self.error(of: exact[4]) < 1e-6)
    }
  }

  /// Each barrier, deleted, is a race in whatever order threads run.
  @Test(arguments: 0..<7) func everyBarrierIsNeeded(index: Int) throws {
    var parts = Self.text.split(separator: "BARRIER();", omittingEmptySubsequences: false)
    #expect(parts.count == 8)
    parts[index] += parts.remove(at: index + 1)
    let kernel = Self.kernel(parts.joined(separator: "BARRIER();"))
    for seed: UInt64 in [0, 1] {
      let text = try kernel.failure(Self.arrays, Self.more, seed: seed)
      #expect(text.contains("race on shared word"), "barrier \(index)")
    }
  }

  @Test func aRowTooManyIsFound() throws {
    let kernel = Self.kernel(Self.text).replacing("if (r < length) oh", by: "oh")
    let text = try kernel.failure(Self.arrays, Self.more)
    #expect(text.contains("behind the end of parameter 5's buffer of 12800 bytes"), "\(text)")
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
