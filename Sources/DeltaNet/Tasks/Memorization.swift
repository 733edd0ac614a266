public import PropertyTesting

/// Keys, each followed by a blank that asks for its value. The values are nowhere in the sequence: which key has which is the
/// same in all examples of a dictionary, and has to be learnt.
///
/// - Source: *Mechanistic Design and Scaling of Hybrid Architectures* (MAD), memorization.
public struct Memorization: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  /// The value of each key.
  public let values: [Int]

  /// - Parameter dictionary: a seed for which key has which value.
  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 256, length: Int = 32, dictionary: UInt64 = 1)
    throws(TaskError)
  {
    try TaskError.check("length", length, 2...TaskError.limit)
    try TaskError.check("vocabulary", vocabularySize, 3...TaskError.limit)
    self.vocabularySize = vocabularySize
    self.length = length
    let keys = (vocabularySize - 1) / 2
    var generator = Xoshiro256(seed: dictionary)
    values = generator.distinct(keys, below: vocabularySize - 1 - keys).map { $0 + keys }
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let blank = vocabularySize - 1
    let keys = (0..<(length + 1) / 2).map { _ in generator.index(below: values.count) }
    return TaskExample(
      tokens: Array(keys.flatMap { [$0, blank] }.prefix(length)),
      targets: Array(keys.flatMap { [nil, values[$0]] }.prefix(length)))
  }
}
