public import DeltaRuleCPU

/// How well a model foresees tokens, each from all before it.
public struct Perplexity: Sendable {
  /// The tokens that were foreseen: all but the first.
  public let count: Int
  /// The mean of −ln p, in nats.
  public let crossEntropy: Double

  /// - Parameters:
  ///   - tokens: two at least.
  ///   - chunk: so many are computed together; the state goes from one chunk to the next, so that it changes nothing but rounding.
  ///   - progress: called with how many tokens are done.
  /// - Throws: ``UnknownToken``.
  public init(
    of model: LanguageModel, on tokens: [Int], _ evaluation: Evaluation<Float>, chunk: Int = 1024,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws {
    precondition(tokens.count > 1, "of two tokens one can be foreseen")
    var state = ModelState<Float>(of: model, sequences: 1)
    var sum = 0.0
    for range in blocks(of: tokens.count - 1, chunk) {
      let logits = try model.logits(Array(tokens[range]), evaluation, &state)
      let targets = range.map { Optional(tokens[$0 + 1]) }
      sum += logits.crossEntropy(with: targets).value * Double(range.count)
      progress(range.upperBound)
    }
    count = tokens.count - 1
    crossEntropy = sum / Double(count)
  }
}
