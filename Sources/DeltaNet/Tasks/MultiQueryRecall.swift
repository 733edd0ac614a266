import Glibc
public import PropertyTesting

/// Multi-query associative recall (MQAR): pairs of a key and a value, and then each key once more: which value was its?
///
///     key value key value … 0 0 key 0 0 key 0     0 stands for nothing
///
/// Keys and values are different tokens, none of them twice in a sequence. Where keys are asked for follows a power law of the
/// distance from the pairs.
///
/// - Source: *Zoology: Measuring and Improving Recall in Efficient Language Models*, section 4 and appendix C.
public struct MultiQueryRecall: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  public let pairs: Int
  /// a of the law: a gap of n places is as likely as n^(a−1). 1 makes all gaps as likely.
  public let power: Double

  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 8192, length: Int = 512, pairs: Int = 64, power: Double = 0.01)
    throws(TaskError)
  {
    try TaskError.check("length", length, 4...TaskError.limit)
    try TaskError.check("pairs", pairs, 1...length / 4)
    try TaskError.check("vocabulary", vocabularySize, 2 * pairs + 2...TaskError.limit)
    guard 0.001...10 ~= power else {
      throw TaskError(key: "power", value: "\(power)", demand: "from 0.001 to 10")
    }
    self.vocabularySize = vocabularySize
    self.length = length
    self.pairs = pairs
    self.power = power
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let half = vocabularySize / 2
    let keys = generator.distinct(pairs, below: half - 1).map { $0 + 1 }
    let values = generator.distinct(pairs, below: vocabularySize - half).map { $0 + half }
    var tokens = zip(keys, values).flatMap { [$0, $1] }
    tokens += Array(repeating: 0, count: length - tokens.count)
    var targets = [Int?](repeating: nil, count: length)
    let places = (length - 2 * pairs) / 2
    let gaps = generator.distinct(
      pairs, weights: (1...places).map { pow(Double($0), power - 1) })
    for (pair, gap) in gaps.enumerated() {
      let t = 2 * pairs + 2 * gap
      tokens[t] = keys[pair]
      targets[t] = values[pair]
    }
    return TaskExample(tokens: tokens, targets: targets)
  }
}
