import Reporting

extension Configuration {
  /// A `config.json` of flash-linear-attention's `delta_net` family. Keys that do not change what is computed are ignored.
  ///
  /// - Throws: ``ConfigurationError`` for a value that a model cannot have, and for what would be computed otherwise there.
  init(_ json: JSON) throws(ConfigurationError) {
    let keys = try JSONKeys(json, "config.json")
    try keys.demand("model_type", is: ["delta_net"])
    try keys.demand("hidden_act", is: ["swish", "silu"], orAbsent: true)
    for key in ["attnres_block_size", "quantization_config"] { try keys.demandNull(key) }
    for key in ["norm_first", "use_l2warp", "share_conv_kernel"] {
      if try keys.flag(key) == true {
        throw ConfigurationError(key: key, value: "true", demand: "false: it is not supported")
      }
    }
    self.init()
    func set<Value>(_ path: WritableKeyPath<Configuration, Value>, _ value: Value?) {
      if let value { self[keyPath: path] = value }
    }
    set(\.vocabularySize, try keys.integer("vocab_size"))
    set(\.hiddenSize, try keys.integer("hidden_size"))
    set(\.layerCount, try keys.integer("num_hidden_layers"))
    set(\.headCount, try keys.integer("num_heads"))
    set(\.keyExpansion, try keys.number("expand_k"))
    set(\.valueExpansion, try keys.number("expand_v"))
    set(\.usesShortConvolution, try keys.flag("use_short_conv"))
    set(\.convolutionSize, try keys.integer("conv_size"))
    set(\.queryKeyActivation, try keys.choice("qk_activation"))
    set(\.queryKeyNormalization, try keys.choice("qk_norm"))
    set(\.usesBeta, try keys.flag("use_beta"))
    set(\.allowsNegativeEigenvalues, try keys.flag("allow_neg_eigval"))
    set(\.usesGate, try keys.flag("use_gate"))
    set(\.hiddenRatio, try keys.number("hidden_ratio"))
    intermediateSize = try keys.integer("intermediate_size")
    set(\.normEpsilon, try keys.number("norm_eps"))
    set(\.tiesEmbeddings, try keys.flag("tie_word_embeddings"))
    paddingToken = try keys.integer("pad_token_id")
    set(\.initializerRange, try keys.number("initializer_range"))
    for specification in try keys.objects("attn") {
      attention.append(try AttentionLayers(specification))
    }
    try validate()
  }

  /// The keys that ``init(_:)`` reads, as `config.json` has them.
  func json() throws -> [UInt8] { Array(try encoded(Document(self)).utf8) }
}

extension Configuration.AttentionLayers {
  fileprivate init(_ keys: JSONKeys) throws(ConfigurationError) {
    let layers = try keys.integers("layers")
    guard let heads = try keys.integer("num_heads") else {
      throw ConfigurationError(key: keys.path("num_heads"), value: "missing", demand: "a number")
    }
    self.init(layers: layers, headCount: heads)
    keyHeadCount = try keys.integer("num_kv_heads")
    windowSize = try keys.integer("window_size")
    hasBias = try keys.flag("qkv_bias") ?? false
    rotaryBase = try keys.number("rope_theta") ?? rotaryBase
  }
}

/// What an object has under its keys. What is null is not there.
private struct JSONKeys {
  private let members: [String: JSON]
  private let prefix: String

  init(_ json: JSON, _ name: String, prefix: String = "") throws(ConfigurationError) {
    guard let members = json.object else {
      throw ConfigurationError(key: name, value: json.summary, demand: "an object")
    }
    self.members = members.filter { if case .null = $0.value { false } else { true } }
    self.prefix = prefix
  }

  func path(_ key: String) -> String { prefix + key }

  private func error(_ key: String, _ demand: String) -> ConfigurationError {
    ConfigurationError(
      key: path(key), value: members[key]?.summary ?? "missing", demand: demand)
  }

  func integer(_ key: String) throws(ConfigurationError) -> Int? {
    guard let value = members[key] else { return nil }
    guard let integer = value.integer else { throw error(key, "a whole number") }
    return integer
  }

  func number(_ key: String) throws(ConfigurationError) -> Double? {
    switch members[key] {
    case nil: nil
    case .number(let number)?: number
    default: throw error(key, "a number")
    }
  }

  func flag(_ key: String) throws(ConfigurationError) -> Bool? {
    switch members[key] {
    case nil: nil
    case .flag(let flag)?: flag
    default: throw error(key, "true or false")
    }
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(ConfigurationError) -> Choice? {
    guard let value = members[key] else { return nil }
    guard let choice = value.string.flatMap({ Choice(rawValue: $0) }) else {
      throw error(key, Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    return choice
  }

  func integers(_ key: String) throws(ConfigurationError) -> [Int] {
    var integers: [Int] = []
    guard case .list(let list)? = members[key] else { throw error(key, "a list of whole numbers") }
    for value in list {
      guard let integer = value.integer else { throw error(key, "a list of whole numbers") }
      integers.append(integer)
    }
    return integers
  }

  /// One object or several.
  func objects(_ key: String) throws(ConfigurationError) -> [JSONKeys] {
    guard let value = members[key] else { return [] }
    let all = if case .list(let list) = value { list } else { [value] }
    var objects: [JSONKeys] = []
    for value in all { objects.append(try JSONKeys(value, path(key), prefix: path(key) + ".")) }
    return objects
  }

  func demand(
    _ key: String, is names: [String], orAbsent: Bool = false
  ) throws(ConfigurationError) {
    if orAbsent, members[key] == nil { return }
    guard let name = members[key]?.string, names.contains(name) else {
      throw error(key, names.map { "'\($0)'" }.joined(separator: " or "))
    }
  }

  func demandNull(_ key: String) throws(ConfigurationError) {
    if members[key] != nil { throw error(key, "null: it is not supported") }
  }
}

private struct Document: Encodable {
  struct Attention: Encodable {
    let layers: [Int]
    let num_heads: Int
    let num_kv_heads: Int?
    let window_size: Int?
    let qkv_bias: Bool
    let rope_theta: Double
  }

  let model_type = "delta_net"
  let architectures = ["DeltaNetForCausalLM"]
  let vocab_size: Int
  let hidden_size: Int
  let num_hidden_layers: Int
  let num_heads: Int
  let expand_k: Double
  let expand_v: Double
  let use_short_conv: Bool
  let conv_size: Int
  let qk_activation: String
  let qk_norm: String
  let use_beta: Bool
  let allow_neg_eigval: Bool
  let use_gate: Bool
  let hidden_ratio: Double
  let intermediate_size: Int?
  let norm_eps: Double
  let attn: [Attention]?
  let tie_word_embeddings: Bool
  let pad_token_id: Int?
  let initializer_range: Double

  init(_ c: Configuration) {
    vocab_size = c.vocabularySize
    hidden_size = c.hiddenSize
    num_hidden_layers = c.layerCount
    num_heads = c.headCount
    expand_k = c.keyExpansion
    expand_v = c.valueExpansion
    use_short_conv = c.usesShortConvolution
    conv_size = c.convolutionSize
    qk_activation = c.queryKeyActivation.rawValue
    qk_norm = c.queryKeyNormalization.rawValue
    use_beta = c.usesBeta
    allow_neg_eigval = c.allowsNegativeEigenvalues
    use_gate = c.usesGate
    hidden_ratio = c.hiddenRatio
    intermediate_size = c.intermediateSize
    norm_eps = c.normEpsilon
    attn =
      c.attention.isEmpty
      ? nil
      : c.attention.map {
        Attention(
          layers: $0.layers, num_heads: $0.headCount, num_kv_heads: $0.keyHeadCount,
          window_size: $0.windowSize, qkv_bias: $0.hasBias, rope_theta: $0.rotaryBase)
      }
    tie_word_embeddings = c.tiesEmbeddings
    pad_token_id = c.paddingToken
    initializer_range = c.initializerRange
  }
}
