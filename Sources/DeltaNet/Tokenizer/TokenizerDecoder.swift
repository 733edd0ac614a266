extension Tokenizer {
  /// A step on the way from tokens to text.
  enum Decoder: Sendable {
    case replace(Replacement)
    case byteFallback
    case fuse
    case strip(content: [UInt8], start: Int, stop: Int)
    case metaspace(Metaspace)
    case byteLevel

    init(_ part: Part) throws(TokenizerError) {
      switch try part.kind() {
      case "Replace": self = .replace(try Replacement(part))
      case "ByteFallback": self = .byteFallback
      case "Fuse": self = .fuse
      case "Strip":
        self = .strip(
          content: try part["content"].scalar(), start: try part["start"].count(),
          stop: try part["stop"].count())
      case "Metaspace": self = .metaspace(try Metaspace(part))
      case "ByteLevel": self = .byteLevel
      case let kind: throw part.unsupported("the decoder '\(kind)'")
      }
    }

    /// The steps of a `decoder`, in order.
    static func steps(_ part: Part?) throws(TokenizerError) -> [Decoder] {
      var steps: [Decoder] = []
      for step in try Tokenizer.flattened(part, "decoders") { steps.append(try Decoder(step)) }
      if let part { try Tokenizer.checkGrowth(steps.map(\.growth), of: part) }
      return steps
    }

    /// At most how many times longer a text becomes.
    private var growth: Int {
      switch self {
      case .replace(let replacement): replacement.growth
      // A byte that is no UTF-8 becomes the three of U+FFFD.
      case .byteLevel: 3
      case .byteFallback, .fuse, .strip, .metaspace: 1
      }
    }

    func apply(to tokens: [[UInt8]]) -> [[UInt8]] {
      switch self {
      case .replace(let replacement): tokens.map(replacement.apply)
      case .byteFallback: Self.bytesDecoded(tokens)
      case .fuse: [Array(tokens.joined())]
      case .strip(let content, let start, let stop):
        tokens.map { Self.stripped($0, content, start: start, stop: stop) }
      case .metaspace(let metaspace):
        tokens.enumerated().map { metaspace.decoded($1, isFirst: $0 == 0) }
      case .byteLevel:
        [Self.validated(tokens.flatMap { ByteLevel.bytes(of: $0) ?? $0 })]
      }
    }

    private static func validated(_ bytes: [UInt8]) -> [UInt8] {
      Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// Runs of tokens such as `<0xE2>` as the text that their bytes are; where they are none, each is a U+FFFD.
    private static func bytesDecoded(_ tokens: [[UInt8]]) -> [[UInt8]] {
      var decoded: [[UInt8]] = []
      var bytes: [UInt8] = []
      func finishRun() {
        if String(validating: bytes, as: UTF8.self) != nil {
          decoded.append(bytes)
        } else {
          decoded += Array(repeating: Array("\u{FFFD}".utf8), count: bytes.count)
        }
        bytes = []
      }
      for token in tokens {
        if let byte = byte(of: token) {
          bytes.append(byte)
        } else {
          if !bytes.isEmpty { finishRun() }
          decoded.append(token)
        }
      }
      if !bytes.isEmpty { finishRun() }
      return decoded
    }

    private static func byte(of token: [UInt8]) -> UInt8? {
      guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
        return nil
      }
      return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    private static func stripped(
      _ token: [UInt8], _ content: [UInt8], start: Int, stop: Int
    ) -> [UInt8] {
      var rest = token[...]
      var (left, right) = (start, stop)
      while left > 0, rest.starts(with: content) {
        rest = rest.dropFirst(content.count)
        left -= 1
      }
      while right > 0, rest.suffix(content.count).elementsEqual(content) {
        rest = rest.dropLast(content.count)
        right -= 1
      }
      return Array(rest)
    }
  }
}

extension Tokenizer.Metaspace {
  /// Spaces again, without those that ``words(of:)`` prepended.
  fileprivate func decoded(_ token: [UInt8], isFirst: Bool) -> [UInt8] {
    let space = isFirst && prependScheme != .never ? [] : [UInt8(ascii: " ")]
    return Tokenizer.Replacement(pattern: self.space, content: space).apply(to: token)
  }
}
