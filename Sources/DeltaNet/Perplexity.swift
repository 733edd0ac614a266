public import DeltaRuleCPU

/// How well a model foresees tokens, each from all before it.
public struct Perplexity: Sendable {
  /// The tokens that were foreseen: all but the first.
  public let count: Int
  /// The mean of −ln p, in nats.
  public let crossEntropy: Double

  /// - Parameters:
  ///   - tokens: two at least.
  ///   - progress: called with how many tokens are done.
  /// - Throws: ``UnknownToken``, ``LogitsNotFinite``.
  public init(
    of model: LanguageModel, on tokens: [Int], _ evaluation: Evaluation<Float>,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws {
    precondition(tokens.count > 1, "of two tokens one can be foreseen")
    try model.checkKnown(tokens)
    // The state goes from one chunk to the next. Their logits take some hundred megabytes at most.
    let chunk = max(1, min(1024, (1 << 25) / model.configuration.vocabularySize))
    var state = ModelState<Float>(of: model, sequences: 1)
    var sum = 0.0
    for range in blocks(of: tokens.count - 1, chunk) {
      let logits = try model.logits(Array(tokens[range]), evaluation, &state).finite()
      let targets = range.map { tokens[$0 + 1] }
      sum += logits.crossEntropy(with: targets).value * Double(range.count)
      progress(range.upperBound)
    }
    count = tokens.count - 1
    crossEntropy = sum / Double(count)
  }
}
