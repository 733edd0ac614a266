public import PropertyTesting

/// Keys, each followed by its value: whichever comes again has the value that it had. With noise, some pairs are two tokens of
/// no meaning, of a vocabulary of their own.
///
/// Learners are asked for every next token; they are judged by the values of keys that were there before.
///
/// - Source: *Mechanistic Design and Scaling of Hybrid Architectures* (MAD), in-context recall and noisy in-context recall.
public struct InContextRecall: SequenceTask {
  public let vocabularySize: Int
  public let length: Int
  /// Tokens of the vocabulary, the last ones, that are noise.
  public let noiseTokens: Int
  /// How many pairs are noise.
  public let noise: Double

  /// - Throws: ``TaskError``.
  public init(vocabularySize: Int = 16, length: Int = 127, noiseTokens: Int = 0, noise: Double = 0)
    throws(TaskError)
  {
    try TaskError.check("length", length, 3...TaskError.limit)
    guard length % 2 == 1 else {
      throw TaskError(
        key: "length", value: "\(length)", demand: "odd: the last pair lacks its value")
    }
    try TaskError.check("vocabulary", vocabularySize, (noise > 0 ? 5 : 4)...TaskError.limit)
    guard 0..<1 ~= noise else {
      throw TaskError(key: "noise", value: "\(noise)", demand: "from 0 to below 1")
    }
    try TaskError.check("noise-tokens", noiseTokens, (noise > 0 ? 1 : 0)...vocabularySize - 4)
    self.vocabularySize = vocabularySize
    self.length = length
    self.noiseTokens = noiseTokens
    self.noise = noise
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let meaningful = vocabularySize - noiseTokens
    let keys = meaningful / 2
    let pairs = (length + 1) / 2
    // One pair at least is none of noise.
    let certain = generator.index(below: pairs - 1)
    var values: [Int: Int] = [:]
    var (tokens, targets): ([Int], [Int?]) = ([], [])
    for pair in 0..<pairs {
      let isLast = pair == pairs - 1
      if !isLast, pair != certain, generator.unit() <= noise {
        for _ in 0..<2 { tokens.append(meaningful + generator.index(below: noiseTokens)) }
        targets += [nil, nil]
        continue
      }
      let key =
        isLast ? generator.element(of: values.keys.sorted()) : generator.index(below: keys)
      let known = values[key]
      let value = known ?? keys + generator.index(below: meaningful - keys)
      values[key] = value
      tokens += [key, value]
      targets += [known, nil]
    }
    switch use {
    case .training: return TaskExample(predicting: tokens)
    case .evaluation:
      return TaskExample(tokens: Array(tokens.dropLast()), targets: Array(targets.dropLast()))
    }
  }
}
