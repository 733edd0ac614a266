extension Tokenizer {
  /// What is done to a text before it is cut into words.
  enum Normalizer: Sendable {
    case prepend([UInt8])
    case replace(Replacement)
    case strip(left: Bool, right: Bool)

    init(_ part: Part) throws(TokenizerError) {
      switch try part.kind() {
      case "Prepend": self = .prepend(try part["prepend"].bytes())
      case "Replace": self = .replace(try Replacement(part))
      case "Strip":
        self = .strip(
          left: try part.flag("strip_left", default: true),
          right: try part.flag("strip_right", default: true))
      case let kind: throw part.unsupported("the normalizer '\(kind)'")
      }
    }

    /// The steps of a `normalizer`, in order.
    static func steps(_ part: Part?) throws(TokenizerError) -> [Normalizer] {
      var steps: [Normalizer] = []
      for step in try Tokenizer.flattened(part, "normalizers") {
        steps.append(try Normalizer(step))
      }
      if let part {
        try Tokenizer.checkGrowth(
          steps.map { if case .replace(let replacement) = $0 { replacement.growth } else { 1 } },
          of: part)
      }
      return steps
    }

    func apply(to text: [UInt8]) -> [UInt8] {
      switch self {
      case .prepend(let prefix): text.isEmpty ? text : prefix + text
      case .replace(let replacement): replacement.apply(to: text)
      case .strip(let left, let right):
        text.dropping(left: left, right: right) { $0.properties.isWhitespace }
      }
    }
  }
}

extension [Tokenizer.Normalizer] {
  func apply(to text: [UInt8]) -> [UInt8] { reduce(text) { $1.apply(to: $0) } }
}

extension [UInt8] {
  fileprivate func dropping(
    left: Bool, right: Bool, _ isDropped: (Unicode.Scalar) -> Bool
  ) -> [UInt8] {
    var scalars = Substring(String(decoding: self, as: UTF8.self)).unicodeScalars
    if left { scalars = scalars.drop(while: isDropped) }
    while right, let last = scalars.last, isDropped(last) { scalars.removeLast() }
    return [UInt8](Substring(scalars).utf8)
  }
}
