public import PropertyTesting

/// Recall in context where keys and values are several tokens long: up to three each, and when judged, keys are three long. No
/// token is twice in a key or value; sequences are padded in front.
///
/// Learners are asked for every next token; they are judged by all tokens of the values of keys that were there before.
///
/// - Source: *Mechanistic Design and Scaling of Hybrid Architectures* (MAD), fuzzy in-context recall.
public struct FuzzyRecall: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  /// The most tokens of a key, and of a value.
  public let motif: Int

  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 16, length: Int = 128, motif: Int = 3) throws(TaskError) {
    try TaskError.check("motif", motif, 1...64)
    try TaskError.check("vocabulary", vocabularySize, 2 * motif + 1...TaskError.limit)
    try TaskError.check("length", length, 6 * motif...TaskError.limit)
    self.vocabularySize = vocabularySize
    self.length = length
    self.motif = motif
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let padding = vocabularySize - 1
    let keys = padding / 2
    var values: [[Int]: [Int]] = [:]
    var (tokens, targets): ([Int], [Int?]) = ([], [])
    func key(_ generator: inout Xoshiro256) -> [Int] {
      let size = use == .training ? generator.index(in: 1...motif) : motif
      return generator.distinct(size, below: keys)
    }
    func append(_ key: [Int], _ generator: inout Xoshiro256) {
      let known = values[key]
      let value =
        known
        ?? generator.distinct(generator.index(in: 1...motif), below: padding - keys)
        .map { $0 + keys }
      values[key] = value
      // The token before each of the value's is asked.
      targets += key.dropLast().map { _ in nil }
      targets += value.map { known == nil ? nil : $0 } + [nil]
      tokens += key + value
    }
    let probe = key(&generator)
    // Behind what fits, there is room for the probe, twice.
    let most = length - 6 * motif
    let probed = generator.index(in: 0...most)
    while tokens.count <= most || values[probe] == nil {
      let isDue = tokens.count >= probed && values[probe] == nil
      append(isDue ? probe : key(&generator), &generator)
    }
    append(probe, &generator)
    let missing = length + 1 - tokens.count
    tokens = Array(repeating: padding, count: missing) + tokens
    targets = Array(repeating: nil, count: missing) + targets
    switch use {
    case .training: return TaskExample(predicting: tokens)
    case .evaluation:
      return TaskExample(tokens: Array(tokens.dropLast()), targets: Array(targets.dropLast()))
    }
  }
}
