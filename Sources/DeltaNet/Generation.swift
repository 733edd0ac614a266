public import DeltaRuleCPU

/// A sequence that a model goes on with, a token at a time: as much memory for each as for the one before, but in layers that attend
/// to all tokens.
public struct Generation {
  private let model: LanguageModel
  private let evaluation: Evaluation<Float>
  private var sampler: Sampler
  private var state: ModelState<Float>
  /// Tokens that the model has not seen.
  private var unseen: [Int]

  /// - Parameter prompt: one token at least.
  /// - Throws: ``UnknownToken``.
  public init(
    of model: LanguageModel, after prompt: [Int], _ evaluation: Evaluation<Float>,
    sampler: Sampler
  ) throws(UnknownToken) {
    precondition(!prompt.isEmpty, "a prompt has a token at least")
    try model.checkKnown(prompt)
    self.model = model
    self.evaluation = evaluation
    self.sampler = sampler
    state = ModelState(of: model, sequences: 1)
    unseen = prompt
  }

  /// The next token.
  ///
  /// - Throws: ``LogitsNotFinite``.
  public mutating func next() throws -> Int {
    let logits = try model.logits(unseen, evaluation, &state, at: [unseen.count - 1]).finite()
    let token = sampler.next(logits: logits.elements)
    unseen = [token]
    return token
  }
}
