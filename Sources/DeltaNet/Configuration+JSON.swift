internal import Reporting

extension Configuration {
  private typealias Path<Value> = any (WritableKeyPath<Configuration, Value> & Sendable)

  private static let integers: [(key: String, path: Path<Int>)] = [
    ("vocab_size", \.vocabularySize), ("hidden_size", \.hiddenSize),
    ("num_hidden_layers", \.layerCount), ("num_heads", \.headCount),
    ("conv_size", \.convolutionSize),
  ]
  private static let numbers: [(key: String, path: Path<Double>)] = [
    ("expand_k", \.keyExpansion), ("expand_v", \.valueExpansion), ("hidden_ratio", \.hiddenRatio),
    ("norm_eps", \.normEpsilon), ("initializer_range", \.initializerRange),
  ]
  private static let flags: [(key: String, path: Path<Bool>)] = [
    ("use_short_conv", \.usesShortConvolution), ("use_beta", \.usesBeta),
    ("allow_neg_eigval", \.allowsNegativeEigenvalues), ("use_gate", \.usesGate),
    ("tie_word_embeddings", \.tiesEmbeddings),
  ]
  private static let optionalIntegers: [(key: String, path: Path<Int?>)] = [
    ("intermediate_size", \.intermediateSize), ("pad_token_id", \.paddingToken),
  ]

  /// Of the models that flash-linear-attention has.
  private static let family = "delta_net"
  /// Of those that it has not: with another memory or readout.
  private static let variants = "delta_net_variant"

  /// A `config.json` of flash-linear-attention's `delta_net` family, or of this project's variants of it. Keys that do not change
  /// what is computed are ignored.
  ///
  /// - Throws: ``ConfigurationError`` for a value that a model cannot have, and for what would be computed otherwise there.
  init(_ json: JSON) throws(ConfigurationError) {
    let keys = try JSONKeys(json, "config.json")
    try keys.demand("model_type", is: [Self.family, Self.variants])
    try keys.demand("hidden_act", is: ["swish", "silu"], orAbsent: true)
    for key in ["attnres_block_size", "quantization_config"] { try keys.demandNull(key) }
    for key in ["norm_first", "use_l2warp", "share_conv_kernel"] {
      if try keys.flag(key) == true {
        throw ConfigurationError(key: key, value: "true", demand: "false: it is not supported")
      }
    }
    self.init()
    for (key, path) in Self.integers { self[keyPath: path] ?= try keys.integer(key) }
    for (key, path) in Self.numbers { self[keyPath: path] ?= try keys.number(key) }
    for (key, path) in Self.flags { self[keyPath: path] ?= try keys.flag(key) }
    for (key, path) in Self.optionalIntegers { self[keyPath: path] ?= try keys.integer(key) }
    queryKeyActivation ?= try keys.choice("qk_activation")
    queryKeyNormalization ?= try keys.choice("qk_norm")
    if keys.string("model_type") == Self.variants {
      memory ?= try keys.choice("memory")
      readout ?= try keys.choice("readout")
    }
    for specification in try keys.objects("attn") {
      attention.append(try AttentionLayers(specification))
    }
    try validate()
  }

  /// The keys that are read, as `config.json` has them.
  func json() throws -> [UInt8] {
    var members: [String: JSON] = [
      "qk_activation": .string(queryKeyActivation.rawValue),
      "qk_norm": .string(queryKeyNormalization.rawValue),
      "attn": attention.isEmpty ? .null : .list(attention.map(\.json)),
    ]
    if memory == .delta, readout == .everyToken, intermediateSize != 0 {
      members["model_type"] = .string(Self.family)
      members["architectures"] = .list([.string("DeltaNetForCausalLM")])
    } else {
      members["model_type"] = .string(Self.variants)
      members["memory"] = .string(memory.rawValue)
      members["readout"] = .string(readout.rawValue)
    }
    for (key, path) in Self.integers { members[key] = .integer(self[keyPath: path]) }
    for (key, path) in Self.numbers { members[key] = .number(self[keyPath: path]) }
    for (key, path) in Self.flags { members[key] = .flag(self[keyPath: path]) }
    for (key, path) in Self.optionalIntegers { members[key] = .integer(self[keyPath: path]) }
    return Array(try encoded(JSON.object(members)).utf8)
  }
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
    hasBias ?= try keys.flag("qkv_bias")
    rotaryBase ?= try keys.number("rope_theta")
  }

  fileprivate var json: JSON {
    .object([
      "layers": .list(layers.map { .integer($0) }), "num_heads": .integer(headCount),
      "num_kv_heads": .integer(keyHeadCount), "window_size": .integer(windowSize),
      "qkv_bias": .flag(hasBias), "rope_theta": .number(rotaryBase),
    ])
  }
}

infix operator ?= : AssignmentPrecedence

/// Sets what there is a value for.
private func ?= <Value>(target: inout Value, value: Value?) {
  if let value { target = value }
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

  func string(_ key: String) -> String? { members[key]?.string }

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
