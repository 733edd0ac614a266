internal import Reporting
import TensorFiles

/// What a checkpoint holds, and what it takes to run it: known from the files' headers alone.
public struct CheckpointSummary: Encodable, Sendable {
  public struct Layer: Encodable, Sendable {
    /// `DeltaNet`, or how it attends.
    public let kind: String
    public let parameters: Int
    /// Bytes that a sequence's state takes; of attention to all tokens, for each of them.
    public let stateBytes: Int
    public let stateGrows: Bool
  }

  public let layers: [Layer]
  public let parameters: Int
  public let embeddings: Int
  public let elementTypes: [String]
  /// Of all tensors in the files.
  public let fileBytes: Int
  /// Bytes that a sequence's state takes, but for attention to all tokens.
  public let stateBytes: Int
  /// Bytes for each token of a sequence, of attention to all tokens.
  public let stateBytesPerToken: Int
  /// Bytes that decoding a sequence takes: the files', if they are to stay in memory, its state, and what a token passes through.
  public let decodingBytes: Int

  public init(_ checkpoint: Checkpoint) {
    let configuration = checkpoint.model.configuration
    let parameters = checkpoint.model.parameters
    layers = (0..<configuration.layerCount).map { index in
      let own = parameters.filter { $0.name.hasPrefix("model.layers.\(index).") }
      return Layer(index, configuration, parameters: own.reduce(0) { $0 + $1.count })
    }
    self.parameters = checkpoint.model.parameterCount
    embeddings = configuration.vocabularySize * configuration.hiddenSize
    elementTypes = Set(checkpoint.tensors.map(\.elementType.rawValue)).sorted()
    fileBytes = checkpoint.byteCount
    stateBytes = layers.filter { !$0.stateGrows }.reduce(0) { $0 + $1.stateBytes }
    stateBytesPerToken = layers.filter(\.stateGrows).reduce(0) { $0 + $1.stateBytes }
    let widest = max(configuration.vocabularySize, 4 * configuration.innerSize)
    decodingBytes = fileBytes + stateBytes + 4 * widest
  }

  public var text: String {
    var table = TextTable([
      ("layers", .right), ("kind", .left), ("parameters", .right), ("state", .right),
    ])
    var first = 0
    while first < layers.count {
      let layer = layers[first]
      let last = layers[first...].firstIndex { !$0.isLike(layer) } ?? layers.count
      table.append([
        last - first == 1 ? "\(first)" : "\(first)–\(last - 1)", layer.kind,
        layer.parameters.grouped, layer.stateBytes.bytes + (layer.stateGrows ? " a token" : ""),
      ])
      first = last
    }
    let perToken = stateBytesPerToken > 0 ? ", and \(stateBytesPerToken.bytes) for each token" : ""
    return """
      \(table.text)

      \(parameters.grouped) parameters, \((parameters - embeddings).grouped) without the embeddings; \
      \(elementTypes.joined(separator: ", ")), \(fileBytes.bytes)
      a sequence's state: \(stateBytes.bytes)\(perToken)
      to decode one sequence: \(decodingBytes.bytes)\(perToken)

      """
  }

  public func json() throws -> String { try encoded(self) }
}

extension CheckpointSummary.Layer {
  fileprivate init(_ index: Int, _ configuration: Configuration, parameters: Int) {
    self.parameters = parameters
    guard let attention = configuration.attention(ofLayer: index) else {
      let taps =
        configuration.usesShortConvolution
        ? (2 * configuration.keyWidth + configuration.valueWidth)
          * (configuration.convolutionSize - 1) : 0
      kind =
        switch configuration.memory {
        case .delta: "DeltaNet"
        case .linear: "linear attention"
        case .gatedLinear: "gated linear attention"
        }
      stateBytes = 4 * (configuration.stateSize + taps)
      stateGrows = false
      return
    }
    let token = 4 * 2 * attention.width(of: configuration.hiddenSize) * attention.keyHeads
    // Keys are kept for up to two windows, so that forgetting them is rare.
    stateBytes = attention.windowSize.map { 2 * $0 * token } ?? token
    kind = attention.windowSize.map { "attention to \($0) tokens" } ?? "attention to all tokens"
    stateGrows = attention.windowSize == nil
  }

  fileprivate func isLike(_ other: Self) -> Bool {
    kind == other.kind && parameters == other.parameters && stateBytes == other.stateBytes
  }
}

extension Int {
  /// `2.73 GB`.
  fileprivate var bytes: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (size, unit) = (Double(self), 0)
    while size >= 1000, unit < units.count - 1 { (size, unit) = (size / 1000, unit + 1) }
    return "\(unit == 0 ? "\(self)" : size.fixed(2)) \(units[unit])"
  }
}
