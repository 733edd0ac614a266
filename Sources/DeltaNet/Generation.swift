public import DeltaRuleCPU

/// A sequence that a model goes on with, a token at a time: as much memory for each as for the one before, but in layers that attend
/// to all tokens.
public struct Generation {
  private let model: LanguageModel
  private let evaluation: Evaluation<Float>
  private var sampler: Sampler
  private var state: ModelState<Float>
  /// What the next token is chosen from.
  private var logits: Activations<Float>

  /// - Parameter prompt: one token at least.
  /// - Throws: ``UnknownToken``.
  public init(
    of model: LanguageModel, after prompt: [Int], _ evaluation: Evaluation<Float>,
    sampler: Sampler
  ) throws {
    precondition(!prompt.isEmpty, "a prompt has a token at least")
    self.model = model
    self.evaluation = evaluation
    self.sampler = sampler
    state = ModelState(of: model, sequences: 1)
    logits = try model.logits(prompt, evaluation, &state, onlyLast: true)
  }

  /// The next token.
  public mutating func next() throws -> Int {
    let token = sampler.next(logits: logits.elements)
    logits = try model.logits([token], evaluation, &state)
    return token
  }
}
