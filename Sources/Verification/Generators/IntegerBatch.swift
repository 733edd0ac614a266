import Algebra
import DeltaRule
import DeltaRuleCPU
import PropertyTesting

/// A batch of small integers that every form computes without rounding, whatever its order.
///
/// Where β|k|² is 0, 1 or 2, a token leaves the state as it is, projects or reflects it: states grow by no more than the
/// values, and no sum comes near 2²⁴ at these lengths. Values and states may be that many of the smallest number there is.
struct IntegerBatch: CustomStringConvertible {
  static let regimes = [
    "packed", "an empty sequence", "grouped heads", "β by column", "subnormal", "more than a block",
    "more than a column group",
  ]

  let problem: BatchedProblem<Double>
  let cotangent: BatchedSolution<Double>
  let chunkLength: Int
  let threads: Int
  /// Whether values and initial states count in units of the smallest number.
  let isSubnormal: Bool

  init(from source: inout ChoiceSource) throws {
    chunkLength = source.integer(in: 1...20)
    threads = source.integer(in: 1...3)
    isSubnormal = source.oneIn(3)
    let isPacked = source.oneIn(2)
    let isLong = source.oneIn(3)
    let isWide = source.oneIn(3)
    let lengths = (0..<source.integer(in: 1...3)).map { _ in
      source.oneIn(3) ? 0 : isLong ? source.integer(in: 65...135) : source.integer(in: 1...20)
    }
    let boundaries = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let keyHeads = source.integer(in: 1...2)
    let shape = try BatchShape(
      batch: isPacked ? 1 : lengths.count,
      length: isPacked ? boundaries[lengths.count] : lengths[0], keyHeads: keyHeads,
      heads: keyHeads * source.integer(in: 1...2),
      keyDimension: source.integer(in: 1...(isLong ? 4 : 40)),
      valueDimension: isWide ? source.integer(in: 65...70) : source.integer(in: 1...6),
      hasVectorBeta: source.oneIn(3), boundaries: isPacked ? boundaries : nil)
    // Thousands of integers are no choices to shrink: they come from one.
    var random = Xoshiro256(seed: source.choose(through: .max))
    func integer(_ range: ClosedRange<Int>) -> Int {
      range.lowerBound + Int(random.next() % UInt64(range.count))
    }
    func tensor(_ shape: [Int], _ range: ClosedRange<Int>) -> Tensor<Double> {
      Tensor(
        shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in Double(integer(range)) })
    }
    let dk = shape.keyDimension
    var squares: [Int] = []
    var keys: [Double] = []
    for _ in 0..<shape.batch * shape.length * keyHeads {
      var key = Array(repeating: 0.0, count: dk)
      for _ in 0..<integer(0...2) { key[integer(0...dk - 1)] = integer(0...1) == 0 ? -1 : 1 }
      squares.append(Int(key.reduce(0) { $0 + $1 * $1 }))
      keys += key
    }
    let columns = shape.hasVectorBeta ? shape.valueDimension : 1
    let beta = (0..<shape.batch * shape.length * shape.heads * columns).map { i in
      let (token, head) = (i / columns).quotientAndRemainder(dividingBy: shape.heads)
      let square = squares[token * keyHeads + shape.keyHead(of: head)]
      return Double(integer(0...2 / max(1, square)))
    }
    problem = try BatchedProblem(
      q: tensor(shape.keys, -2...2), k: Tensor(shape: shape.keys, elements: keys),
      v: tensor(shape.values, -2...2), beta: Tensor(shape: shape.strengths, elements: beta),
      scale: Double(integer(1...2)), initialState: tensor(shape.states, -2...2),
      boundaries: shape.boundaries)
    cotangent = BatchedSolution(
      o: tensor(shape.values, -1...1), finalState: tensor(shape.states, -1...1))
  }

  /// The problem in another type of numbers, values and states in its units.
  func problem<Number: KernelNumber>(in _: Number.Type) throws -> BatchedProblem<Number> {
    let exact = problem.map { Number($0) }
    let unit = unit(Number.self)
    return try BatchedProblem(
      q: exact.q, k: exact.k, v: exact.v.map { $0 * unit }, beta: exact.beta, scale: exact.scale,
      initialState: exact.initialState.map { $0 * unit }, boundaries: exact.boundaries)
  }

  func unit<Number: KernelNumber>(_: Number.Type) -> Number {
    isSubnormal ? .leastNonzeroMagnitude : 1
  }

  func label(_ seen: inout Observations) {
    let shape = problem.shape
    let lengths = (0..<shape.sequenceCount).map { shape.location(ofSequence: $0).tokens.count }
    for (label, holds) in zip(
      Self.regimes,
      [
        shape.boundaries != nil, lengths.contains(0), shape.heads > shape.keyHeads,
        shape.hasVectorBeta, isSubnormal, (lengths.max() ?? 0) > 64, shape.valueDimension > 64,
      ]) where holds
    { seen.label(label) }
  }

  var description: String {
    let shape = problem.shape
    return "q \(shape.keys), v \(shape.values)"
      + (shape.hasVectorBeta ? ", β by column" : "")
      + (shape.boundaries.map { ", cu_seqlens \($0)" } ?? "")
      + (isSubnormal ? ", subnormal" : "") + ", C = \(chunkLength), \(threads) threads"
  }
}
