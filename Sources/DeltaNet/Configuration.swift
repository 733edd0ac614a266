/// What a model of the `delta_net` family is made of. The names are those of flash-linear-attention's `config.json`, and so are
/// the values of those that are not given.
///
/// - Source: the paper, section 3 and appendix A.
public struct Configuration: Equatable, Sendable {
  public var vocabularySize = 32000
  /// d: the numbers of a token between blocks.
  public var hiddenSize = 2048
  public var layerCount = 24
  /// Heads of a DeltaNet layer.
  public var headCount = 16
  /// How wide all keys of a token are, and all values, relative to d.
  public var keyExpansion = 1.0
  public var valueExpansion = 1.0
  public var usesShortConvolution = true
  /// What a layer's memory does with a key and its value.
  public var memory = MemoryRule.delta
  /// Tokens that a convolution sees.
  public var convolutionSize = 4
  /// No key of `config.json`: a checkpoint has such tensors, or it has none.
  public var convolutionHasBias = false
  public var queryKeyActivation = Activation.silu
  public var queryKeyNormalization = HeadNormalization.l2
  /// Whether β is learnt; it is 1 otherwise.
  public var usesBeta = true
  /// Whether β reaches up to 2, so that transitions may have negative eigenvalues.
  public var allowsNegativeEigenvalues = false
  /// Whether outputs are gated.
  public var usesGate = false
  /// The width of the SwiGLU relative to d, before two thirds of it are rounded up to a multiple of 256.
  public var hiddenRatio = 4.0
  /// The width of the SwiGLU; nil to derive it from ``hiddenRatio``; 0 for blocks without one.
  public var intermediateSize: Int?
  public var normEpsilon = 1e-6
  /// The layers that attend, instead of a DeltaNet.
  public var attention: [AttentionLayers] = []
  /// What the output layer reads.
  public var readout = Readout.everyToken
  /// Whether the embeddings are the output layer's weights, too.
  public var tiesEmbeddings = false
  /// The token that fills up sequences: its embedding learns nothing from being looked up.
  public var paddingToken: Int?
  /// The standard deviation of initial weights.
  public var initializerRange = 0.02

  public init() {}

  /// Some layers with softmax attention.
  public struct AttentionLayers: Equatable, Sendable {
    /// Counted from 0.
    public var layers: [Int]
    public var headCount: Int
    /// Heads of keys and values, which are shared by as many of queries; nil for as many.
    public var keyHeadCount: Int?
    /// How many tokens back a token sees, itself included; nil for all.
    public var windowSize: Int?
    public var hasBias = false
    /// The base of the rotary embedding's wavelengths.
    public var rotaryBase = 10000.0

    public init(layers: [Int], headCount: Int) {
      self.layers = layers
      self.headCount = headCount
    }

    /// Heads of keys and values.
    var keyHeads: Int { keyHeadCount ?? headCount }

    /// The numbers of a head.
    func width(of hiddenSize: Int) -> Int { hiddenSize / headCount }
  }
}

/// What a memory S does with a key k and a value v of strength β.
public enum MemoryRule: String, CaseIterable, Sendable {
  /// It retrieves the key's old value, and writes the difference: S + βkᵀ(v − kS).
  case delta
  /// It writes the value, whatever is there: S + βkᵀv.
  case linear
  /// It forgets first, each row at a rate of its own: diag(α)S + βkᵀv. Of gated linear attention.
  case gatedLinear = "gated_linear"
}

/// What logits are made of.
public enum Readout: String, CaseIterable, Sendable {
  /// Those of a token from its own numbers.
  case everyToken = "every_token"
  /// All of them from the sequence's last token, which has to remember the others: its numbers and a position's go through a
  /// SwiGLU.
  case lastToken = "last_token"
}

// MARK: What follows

extension Configuration {
  /// dk and dv of a head.
  public var keyDimension: Int { keyWidth / headCount }
  public var valueDimension: Int { valueWidth / headCount }

  /// All keys of a token, and all values.
  var keyWidth: Int { Int((Double(hiddenSize) * keyExpansion).rounded()) }
  var valueWidth: Int { Int((Double(hiddenSize) * valueExpansion).rounded()) }

  /// Of the SwiGLU.
  public var innerSize: Int {
    intermediateSize ?? (Int(Double(hiddenSize) * hiddenRatio * 2 / 3) + 255) / 256 * 256
  }

  /// How layer `index` attends; nil for a DeltaNet.
  public func attention(ofLayer index: Int) -> AttentionLayers? {
    attention.first { $0.layers.contains(index) }
  }

  static let mostLayers = 1 << 13

  /// The layers' indices; those of no model where there are too many.
  var layerIndices: Range<Int> { 0..<max(0, min(layerCount, Self.mostLayers)) }

  /// The numbers that a sequence's state takes in a DeltaNet layer, without its convolutions: H·dk·dv.
  public var stateSize: Int { headCount * keyDimension * valueDimension }

  /// The numbers that are learnt.
  ///
  /// - Throws: ``ConfigurationError``.
  public func parameterCount() throws(ConfigurationError) -> Int {
    try LanguageModel(self).parameterCount
  }

  /// - Throws: ``ConfigurationError`` where no model is like that.
  func validate() throws(ConfigurationError) {
    func demand(
      _ holds: Bool, _ key: String, _ value: some CustomStringConvertible, _ demand: String
    ) throws(ConfigurationError) {
      guard holds else {
        throw ConfigurationError(key: key, value: "\(value)", demand: demand)
      }
    }
    // A hundred times beyond any model, and small enough that no product of them overflows.
    for (key, size, limit) in [
      ("vocab_size", vocabularySize, 1 << 24), ("hidden_size", hiddenSize, 1 << 18),
      ("num_hidden_layers", layerCount, Self.mostLayers), ("num_heads", headCount, 1 << 18),
      ("conv_size", convolutionSize, 1 << 16),
    ] {
      try demand(1...limit ~= size, key, size, "from 1 to \(limit)")
    }
    let widest = 1 << 24
    try demand(
      0...widest ~= intermediateSize ?? 0, "intermediate_size", intermediateSize ?? 0,
      "from 0 to \(widest)")
    for (key, factor) in [
      ("expand_k", keyExpansion), ("expand_v", valueExpansion), ("hidden_ratio", hiddenRatio),
    ] {
      try demand(factor > 0 && factor <= 64, key, factor, "above 0, up to 64")
    }
    for (key, factor) in [("expand_k", keyExpansion), ("expand_v", valueExpansion)] {
      let width = Double(hiddenSize) * factor
      try demand(
        abs(width - width.rounded()) < 1e-6, key, factor,
        "such that hidden_size times it is a whole number")
    }
    try demand(normEpsilon > 0 && normEpsilon < 1, "norm_eps", normEpsilon, "between 0 and 1")
    try demand(
      0..<vocabularySize ~= paddingToken ?? 0, "pad_token_id", paddingToken ?? 0,
      "from 0 to \(vocabularySize - 1)")
    try demand(initializerRange >= 0, "initializer_range", initializerRange, "0 or above")
    try demand(
      keyWidth > 0 && keyWidth % headCount == 0, "num_heads", headCount,
      "a divisor of hidden_size · expand_k = \(keyWidth)")
    try demand(
      valueWidth > 0 && valueWidth % headCount == 0, "num_heads", headCount,
      "a divisor of hidden_size · expand_v = \(valueWidth)")
    let attending = attention.flatMap(\.layers)
    try demand(
      Set(attending).count == attending.count, "attn.layers", attending, "each layer once")
    for attention in attention {
      let (heads, keyHeads) = (attention.headCount, attention.keyHeads)
      try demand(
        attention.layers.allSatisfy { 0..<layerCount ~= $0 }, "attn.layers", attention.layers,
        "layers from 0 to \(layerCount - 1)")
      try demand(
        heads > 0 && hiddenSize % heads == 0 && hiddenSize / heads % 2 == 0, "attn.num_heads",
        heads,
        "a divisor of hidden_size = \(hiddenSize) that leaves an even width")
      try demand(
        keyHeads > 0 && heads % keyHeads == 0, "attn.num_kv_heads", keyHeads,
        "a divisor of attn.num_heads = \(heads)")
      let longest = 1 << 31
      try demand(
        1...longest ~= attention.windowSize ?? 1, "attn.window_size", attention.windowSize ?? 0,
        "from 1 to \(longest)")
      try demand(attention.rotaryBase > 0, "attn.rope_theta", attention.rotaryBase, "above 0")
    }
  }
}

/// A configuration that no model can have.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  public let key: String
  public let value: String
  /// What it must be.
  public let demand: String

  public init(key: String, value: String, demand: String) {
    self.key = key
    self.value = value
    self.demand = demand
  }

  public var description: String { "\(key) is \(value); it must be \(demand)" }
}

// MARK: Models of the paper

extension Configuration {
  /// 374,362,112 parameters: 24 layers, d = 1024, 8 heads of 128.
  public static var model340M: Configuration { sized(1024, layers: 24, heads: 8) }

  /// 1,365,677,056 parameters: 24 layers, d = 2048, 16 heads of 128.
  public static var model1_3B: Configuration { sized(2048, layers: 24, heads: 16) }

  /// 2,704,185,856 parameters: 32 layers, d = 2560, 20 heads of 128.
  public static var model2_7B: Configuration { sized(2560, layers: 32, heads: 20) }

  private static func sized(_ width: Int, layers: Int, heads: Int) -> Configuration {
    var configuration = Configuration()
    configuration.hiddenSize = width
    configuration.layerCount = layers
    configuration.headCount = heads
    return configuration
  }

  /// Every second layer attends within a sliding window.
  ///
  /// - Source: the paper, section 3.4; the window's length is not in it.
  public func withSlidingWindows(of window: Int = 1024) -> Configuration {
    var attention = AttentionLayers(
      layers: layerIndices.filter { $0 % 2 == 1 }, headCount: headCount)
    attention.windowSize = window
    var hybrid = self
    hybrid.attention = [attention]
    return hybrid
  }

  /// The second layer attends to all tokens, and so does the one behind the middle.
  ///
  /// - Source: the paper, section 3.4, and its figure.
  public func withGlobalAttention() -> Configuration {
    let layers = Set([1, layerCount / 2]).filter { $0 < layerCount }.sorted()
    var hybrid = self
    hybrid.attention = [AttentionLayers(layers: layers, headCount: headCount)]
    return hybrid
  }
}
