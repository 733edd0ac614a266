public import DeltaRuleCPU

/// Blocks between embeddings and an output layer: what its parameters are, and what it makes of tokens.
///
/// - Source: the paper, section 3.3.
public struct LanguageModel: Sendable {
  public let configuration: Configuration
  /// In the order of ``Weights`` and ``ParameterGradient``.
  public let parameters: [Parameter]
  /// The numbers that are learnt.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
  private let embedding: Embedding
  private let blocks: [Block]
  private let norm: RMSNorm
  private let head: Linear

  /// - Throws: ``ConfigurationError`` where no model is like that.
  public init(_ configuration: Configuration) throws(ConfigurationError) {
    try configuration.validate()
    self.configuration = configuration
    let (vocabulary, d) = (configuration.vocabularySize, configuration.hiddenSize)
    var table = ParameterTable(standardDeviation: configuration.initializerRange)
    embedding = Embedding(
      weight: table.matrix("model.embeddings.weight", vocabulary, d),
      paddingToken: configuration.paddingToken)
    blocks = (0..<configuration.layerCount).map { Block(configuration, layer: $0, in: &table) }
    norm = RMSNorm(
      weight: table.factors("model.norm.weight", d), epsilon: configuration.normEpsilon)
    head = Linear(
      configuration.tiesEmbeddings
        ? embedding.weight : table.matrix("lm_head.weight", vocabulary, d))
    parameters = table.parameters
  }

  /// The logits of what follows each token: [B·L, vocabulary].
  ///
  /// - Parameters:
  ///   - tokens: of each sequence as many, one at least, one sequence after another.
  ///   - state: what the tokens before left; afterwards these, too.
  ///   - onlyLast: whether those of each sequence's last token are enough.
  /// - Throws: ``UnknownToken``.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func logits<Number: KernelNumber>(
    _ tokens: [Int], _ evaluation: Evaluation<Number>, _ state: inout ModelState<Number>,
    onlyLast: Bool = false
  ) throws -> Activations<Number> {
    try check(tokens, sequences: state.sequences)
    var x = embedding.valueWithPullback(tokens, evaluation).value
    for (index, block) in blocks.enumerated() {
      x = try block.valueWithPullback(x, evaluation, &state.layers[index]).value
    }
    if onlyLast { x = x.lastRows(ofEach: tokens.count / state.sequences) }
    let normed = norm.valueWithPullback(x, evaluation).value
    return head.valueWithPullback(normed, evaluation).value
  }

  /// The logits, the mean of the cross-entropy with the targets, and its gradient in all parameters.
  ///
  /// - Parameters:
  ///   - tokens: of `sequences` sequences, as many of each, one at least, one sequence after another.
  ///   - targets: what should follow each token; those that are nil do not count.
  /// - Throws: ``UnknownToken``.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func lossWithGradient<Number: KernelNumber>(
    _ tokens: [Int], sequences: Int, targets: [Int?], _ evaluation: Evaluation<Number>
  ) throws -> (
    logits: Activations<Number>, loss: Double, gradient: ParameterGradient<Number>
  ) {
    try check(tokens, sequences: sequences)
    try checkKnown(targets.compactMap { $0 })
    var state = ModelState<Number>(of: self, sequences: sequences)
    var pullbacks: [Pullback<Number>] = []
    var (x, embeddingPullback) = embedding.valueWithPullback(tokens, evaluation)
    for (index, block) in blocks.enumerated() {
      let (y, pullback) = try block.valueWithPullback(x, evaluation, &state.layers[index])
      x = y
      pullbacks.append(pullback)
    }
    let (normed, normPullback) = norm.valueWithPullback(x, evaluation)
    let (logits, headPullback) = head.valueWithPullback(normed, evaluation)
    let (loss, lossPullback) = logits.crossEntropy(with: targets)

    var gradient = ParameterGradient<Number>(for: self)
    var dx = try normPullback(headPullback(lossPullback(1), &gradient), &gradient)
    while let pullback = pullbacks.popLast() { dx = try pullback(dx, &gradient) }
    embeddingPullback(dx, &gradient)
    return (logits, loss, gradient)
  }

  private func check(_ tokens: [Int], sequences: Int) throws(UnknownToken) {
    precondition(
      sequences > 0 && !tokens.isEmpty && tokens.count % sequences == 0,
      "\(tokens.count) tokens are not \(sequences) sequences of one length")
    try checkKnown(tokens)
  }

  func checkKnown(_ tokens: [Int]) throws(UnknownToken) {
    if let token = tokens.first(where: { !(0..<configuration.vocabularySize ~= $0) }) {
      throw UnknownToken(token: token, vocabularySize: configuration.vocabularySize)
    }
  }
}

/// A token that a model has no embedding for.
public struct UnknownToken: Error, Equatable, CustomStringConvertible {
  public let token: Int
  public let vocabularySize: Int

  public var description: String {
    "token \(token) is unknown; the vocabulary has those from 0 to \(vocabularySize - 1)"
  }
}

/// Logits that are no numbers.
public struct LogitsNotFinite: Error, Equatable, CustomStringConvertible {
  public var description: String {
    "the logits are not finite; the weights are damaged, or too large for float32"
  }
}

extension Activations {
  /// The same, of logits that are numbers.
  func finite() throws(LogitsNotFinite) -> Activations {
    guard elements.allSatisfy(\.isFinite) else { throw LogitsNotFinite() }
    return self
  }
}

/// What a model keeps of the tokens of some sequences: for DeltaNet layers, and those that attend within a window, as much
/// whatever their number.
public struct ModelState<Number: KernelNumber>: Sendable {
  public let sequences: Int
  fileprivate var layers: [LayerState<Number>]

  /// Before the first token.
  public init(of model: LanguageModel, sequences: Int) {
    let configuration = model.configuration
    self.sequences = sequences
    layers = (0..<configuration.layerCount).map { layer in
      guard let attention = configuration.attention(ofLayer: layer) else {
        return .deltaNet(DeltaNetState(configuration, sequences: sequences))
      }
      return .attention(
        AttentionState(
          sequences: sequences,
          columns: attention.keyHeads * attention.width(of: configuration.hiddenSize)))
    }
  }
}

extension Activations {
  fileprivate func lastRows(ofEach length: Int) -> Activations {
    let sequences = rows / length
    return Activations(
      (0..<sequences).flatMap { n in
        elements[((n + 1) * length - 1) * columns..<(n + 1) * length * columns]
      }, columns: columns)
  }
}
