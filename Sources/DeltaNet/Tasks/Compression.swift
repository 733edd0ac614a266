public import PropertyTesting

/// Random tokens, and one behind them from whose numbers alone all have to be told again, itself included.
///
/// - Source: *Mechanistic Design and Scaling of Hybrid Architectures* (MAD), compression.
public struct Compression: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  public var readout: Readout { .lastToken }

  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 16, length: Int = 32) throws(TaskError) {
    try TaskError.check("length", length, 2...TaskError.limit)
    try TaskError.check("vocabulary", vocabularySize, 2...TaskError.limit)
    self.vocabularySize = vocabularySize
    self.length = length
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let last = vocabularySize - 1
    let tokens = (1..<length).map { _ in generator.index(below: last) } + [last]
    return TaskExample(tokens: tokens, targets: tokens)
  }
}
