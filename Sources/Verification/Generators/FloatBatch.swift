import Algebra
import DeltaRule
import PropertyTesting

/// A batch in floating point whose tokens are spread over ranks: numbers in [−1, 1], keys of length 1 at most, β in [0, 2].
///
/// All numbers come from one choice, so that a large batch, too, is replayed by a short line.
struct FloatBatch<Base: Real>: Sendable, CustomStringConvertible {
  let spread: SpreadBatch<Base>
  private let seed: UInt64

  init(
    from source: inout ChoiceSource, ranks: Int, _ limits: BatchLimits,
    given: GivenShape = GivenShape()
  ) throws {
    let chunkLength = source.integer(in: 1...limits.chunkLength)
    let lengths =
      given.lengths
      ?? source.cuts(of: source.integer(in: 0...limits.length), into: ranks).lengths
    let length = lengths.reduce(0, +)
    let isPacked = source.oneIn(2)
    let sequences = source.integer(in: 1...limits.sequences)
    let boundaries = isPacked ? source.cuts(of: length, into: sequences) : nil
    let (keyHeads, heads) = source.heads(limits, given)
    let dk = given.keyDimension ?? source.integer(in: 1...limits.width)
    let dv = given.valueDimension ?? source.integer(in: 1...limits.width)
    let shape = try BatchShape(
      batch: isPacked ? 1 : sequences, length: length, keyHeads: keyHeads, heads: heads,
      keyDimension: dk, valueDimension: dv, hasVectorBeta: source.oneIn(4),
      boundaries: boundaries)
    seed = source.choose(through: UInt64(UInt32.max))

    var random = Xoshiro256(seed: seed)
    // Short numbers keep the exact result short.
    let one = UInt64(1) << limits.bits
    func number(over size: Int = 1) -> Base {
      Base((Double(random.next(through: 2 * one)) / Double(one) - 1) / Double(size))
    }
    func tensor(_ shape: [Int], _ number: () -> Base) -> Tensor<Base> {
      Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in number() })
    }
    // The least power of two that is √dk at least.
    let size = (0...).lazy.map { 1 << $0 }.first { $0 * $0 >= dk } ?? 1
    let problem = try BatchedProblem(
      q: tensor(shape.keys) { number() }, k: tensor(shape.keys) { number(over: size) },
      v: tensor(shape.values) { number() }, beta: tensor(shape.strengths) { .one + number() },
      scale: number(), initialState: tensor(shape.states) { number() }, boundaries: boundaries)
    spread = SpreadBatch(
      problem: problem,
      cotangent: BatchedSolution(
        o: tensor(shape.values) { number() }, finalState: tensor(shape.states) { number() }),
      split: try SequenceSplit(shape, lengths: lengths), chunkLength: chunkLength)
  }

  var description: String {
    let problem = spread.problem
    return "\(shape(of: problem)), C = \(spread.chunkLength)"
      + (problem.boundaries.map { ", cu_seqlens \($0)" } ?? "")
      + (problem.shape.hasVectorBeta ? ", one β a value column" : "")
      + ", tokens of ranks \(spread.split.parts.map(\.tokens.count)), numbers \(seed)"
  }
}

/// How large a drawn batch may be.
struct BatchLimits: Sendable {
  /// Tokens, on all ranks together.
  let length: Int
  /// Rows, or packed sequences.
  let sequences: Int
  let keyHeads: Int
  /// Value heads for each key head.
  let groupSize: Int
  /// dk and dv.
  let width: Int
  let chunkLength: Int
  /// The bits of each number, behind the point.
  let bits: Int
}

/// What of a batch is given; what is nil is drawn.
public struct GivenShape: Sendable {
  /// The tokens of each rank.
  public var lengths: [Int]?
  /// H: a multiple of Hk, where both are given.
  public var heads: Int?
  /// Hk.
  public var keyHeads: Int?
  /// dk.
  public var keyDimension: Int?
  /// dv.
  public var valueDimension: Int?

  public init(
    lengths: [Int]? = nil, heads: Int? = nil, keyHeads: Int? = nil, keyDimension: Int? = nil,
    valueDimension: Int? = nil
  ) {
    self.lengths = lengths
    self.heads = heads
    self.keyHeads = keyHeads
    self.keyDimension = keyDimension
    self.valueDimension = valueDimension
  }
}

extension ChoiceSource {
  /// Where `count` pieces of `total` things begin and end; one in four is empty, or about as many.
  fileprivate mutating func cuts(of total: Int, into count: Int) -> [Int] {
    var cuts: [Int] = []
    for _ in 1..<count { cuts.append(oneIn(4) ? cuts.last ?? 0 : integer(in: 0...total)) }
    return [0] + cuts.sorted() + [total]
  }

  /// Hk and H.
  fileprivate mutating func heads(
    _ limits: BatchLimits, _ given: GivenShape
  ) -> (keyHeads: Int, heads: Int) {
    if let heads = given.heads {
      let divisors = (1...heads).filter { heads.isMultiple(of: $0) }
      return (given.keyHeads ?? element(of: divisors), heads)
    }
    let keyHeads = given.keyHeads ?? integer(in: 1...limits.keyHeads)
    return (keyHeads, keyHeads * integer(in: 1...limits.groupSize))
  }
}

extension [Int] {
  /// What lies between each and the next.
  fileprivate var lengths: [Int] { zip(dropFirst(), self).map(-) }
}
