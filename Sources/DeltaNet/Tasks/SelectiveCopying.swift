public import PropertyTesting

/// Tokens among blanks, then a mark, and then they are asked for in their order.
///
/// - Source: *Mechanistic Design and Scaling of Hybrid Architectures* (MAD), selective copying.
public struct SelectiveCopying: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  /// The tokens to copy.
  public let count: Int

  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 16, length: Int = 256, count: Int = 16) throws(TaskError) {
    try TaskError.check("length", length, 4...TaskError.limit)
    try TaskError.check("vocabulary", vocabularySize, 3...TaskError.limit)
    try TaskError.check("count", count, 1...(length - 1) / 2)
    self.vocabularySize = vocabularySize
    self.length = length
    self.count = count
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let (mark, blank) = (vocabularySize - 1, vocabularySize - 2)
    let symbols = (0..<count).map { _ in generator.index(below: blank) }
    let before = length - count - 1
    // Each blank comes right before some token, whichever.
    var blanks = [Int](repeating: 0, count: count)
    for _ in count..<before { blanks[generator.index(below: count)] += 1 }
    var tokens = zip(symbols, blanks).flatMap { Array(repeating: blank, count: $1) + [$0] }
    tokens += [mark] + Array(repeating: blank, count: count)
    return TaskExample(
      tokens: tokens, targets: Array(repeating: nil, count: before + 1) + symbols)
  }
}
