import Algebra
import DeltaRule
import DeltaRuleCPU

/// Numbers that look random, the same every time.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  /// In −1..<1.
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }

  mutating func tensor<Number: KernelNumber>(_ shape: [Int], scale: Double = 1) -> Tensor<Number> {
    Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in Number(next() * scale) })
  }
}

extension BatchShape {
  /// A problem with keys of about unit length and β in 0..<1.
  func problem<Number: KernelNumber>(_: Number.Type = Number.self) throws -> BatchedProblem<Number>
  {
    var numbers = Numbers(seed: 7)
    return try BatchedProblem(
      q: numbers.tensor(keys),
      k: numbers.tensor(keys, scale: 1 / Double(keyDimension).squareRoot()),
      v: numbers.tensor(values), beta: numbers.tensor(strengths).map { abs($0) }, scale: 0.3,
      initialState: numbers.tensor(states), boundaries: boundaries)
  }

  func cotangent<Number: KernelNumber>(_: Number.Type = Number.self) -> BatchedSolution<Number> {
    var numbers = Numbers(seed: 8)
    return BatchedSolution(o: numbers.tensor(values), finalState: numbers.tensor(states))
  }

  /// One of each kind: blocks and panels full and not, a token alone, packed and empty sequences, grouped heads.
  static var samples: [BatchShape] {
    get throws {
      func shape(
        _ batch: Int, _ length: Int, _ keyHeads: Int = 1, _ heads: Int = 1, _ dk: Int = 16,
        _ dv: Int = 16, vectorBeta: Bool = false, boundaries: [Int]? = nil
      ) throws -> BatchShape {
        try BatchShape(
          batch: batch, length: length, keyHeads: keyHeads, heads: heads, keyDimension: dk,
          valueDimension: dv, hasVectorBeta: vectorBeta, boundaries: boundaries)
      }
      return try [
        shape(1, 0), shape(1, 1), shape(1, 2), shape(1, 63), shape(1, 64), shape(1, 65),
        shape(1, 129),
        shape(1, 70, 1, 1, 1, 1), shape(1, 70, 1, 1, 3, 5), shape(1, 70, 1, 1, 17, 33),
        shape(1, 9, 1, 1, 64, 7), shape(1, 30, 1, 1, 128, 80), shape(2, 20, 2, 6),
        shape(1, 40, 1, 2, 8, 130), shape(1, 33, 1, 1, 20, 200, vectorBeta: true),
        shape(3, 5, 2, 2, 8, 100, vectorBeta: true),
        shape(1, 100, 2, 2, boundaries: [0, 0, 1, 66, 66, 100]),
        shape(0, 10), shape(1, 0, 2, 2, boundaries: [0, 0, 0]),
      ]
    }
  }
}

/// The largest error among tensors, in units of what rounding may cost: sums of `terms` numbers, relative to the largest.
func error<Number: KernelNumber, Exact: Real>(
  of found: [Tensor<Number>], from exact: [Tensor<Exact>], terms: Int
) -> Double {
  zip(found, exact).map { found, exact in
    let size = exact.elements.map { abs($0.double) }.max() ?? 0
    let error =
      zip(found.elements, exact.elements).map { abs($0.double - $1.double) }.max() ?? 0
    return error == 0 ? 0 : error / (Double(terms) * Number.ulpOfOne.double * size)
  }.max() ?? 0
}
