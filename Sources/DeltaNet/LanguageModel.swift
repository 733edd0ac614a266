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
  private let unfolding: Unfolding?
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
    unfolding =
      configuration.readout == .lastToken ? Unfolding(configuration, in: &table) : nil
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
  ///   - rows: the tokens that logits are wanted of, numbered through all sequences; nil for all.
  /// - Throws: ``UnknownToken``.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func logits<Number: KernelNumber>(
    _ tokens: [Int], _ evaluation: Evaluation<Number>, _ state: inout ModelState<Number>,
    at rows: [Int]? = nil
  ) throws -> Activations<Number> {
    try check(tokens, sequences: state.sequences)
    var x = embedding.valueWithPullback(tokens, evaluation).value
    for (index, block) in blocks.enumerated() {
      x = try block.valueWithPullback(x, evaluation, &state.layers[index]).value
    }
    if let unfolding {
      x = unfolding.valueWithPullback(x, sequences: state.sequences, evaluation).value
    }
    if let rows { x = x.rowsWithPullback(rows).value }
    let normed = norm.valueWithPullback(x, evaluation).value
    return head.valueWithPullback(normed, evaluation).value
  }

  /// The cross-entropy with the targets, its gradient in all parameters, and the logits that it is of.
  ///
  /// - Parameters:
  ///   - tokens: of `sequences` sequences, as many of each, one at least, one sequence after another.
  ///   - targets: what should follow each token; those that are nil do not count.
  ///   - share: the part of all targets that these are, where more sequences are evaluated elsewhere: the loss and its gradient are
  ///     the mean over the targets times this, so that parts add up to the mean over all.
  /// - Returns: logits of the tokens that have a target, one row each.
  /// - Throws: ``UnknownToken``.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  public func lossWithGradient<Number: KernelNumber>(
    _ tokens: [Int], sequences: Int, targets: [Int?], share: Double = 1,
    _ evaluation: Evaluation<Number>
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
    let unfolded = unfolding?.valueWithPullback(x, sequences: sequences, evaluation)
    let counted = targets.indices.filter { targets[$0] != nil }
    let (rows, rowsPullback) = (unfolded?.value ?? x).rowsWithPullback(counted)
    let (normed, normPullback) = norm.valueWithPullback(rows, evaluation)
    let (logits, headPullback) = head.valueWithPullback(normed, evaluation)
    let (loss, lossPullback) = logits.crossEntropy(with: targets.compactMap { $0 })

    var gradient = ParameterGradient<Number>(for: self)
    var dx = rowsPullback(
      try normPullback(headPullback(lossPullback(share), &gradient), &gradient))
    if let unfolded { dx = try unfolded.pullback(dx, &gradient) }
    while let pullback = pullbacks.popLast() { dx = try pullback(dx, &gradient) }
    embeddingPullback(dx, &gradient)
    return (logits, share * loss, gradient)
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
  /// Some of the rows.
  fileprivate func rowsWithPullback(_ rows: [Int]) -> (
    value: Activations, pullback: (Activations) -> Activations
  ) {
    let (columns, count) = (columns, elements.count)
    return (
      Activations(
        rows.flatMap { elements[$0 * columns..<($0 + 1) * columns] }, columns: columns),
      { dy in
        var dx = [Number](repeating: 0, count: count)
        for (index, row) in rows.enumerated() {
          for i in 0..<columns { dx[row * columns + i] = dy.elements[index * columns + i] }
        }
        return Activations(dx, columns: columns)
      }
    )
  }
}
