extension Tokenizer {
  /// A part of a text.
  struct Word {
    var text: [UInt8]

    /// Whether the whole text starts with it.
    var isFirst: Bool
  }

  /// How a text is cut into words, across whose borders no token reaches.
  enum PreTokenizer: Sendable {
    case metaspace(Metaspace)
    case byteLevel(ByteLevel)

    init(_ part: Part) throws(TokenizerError) {
      switch try part.kind() {
      case "Metaspace": self = .metaspace(try Metaspace(part))
      case "ByteLevel": self = .byteLevel(try ByteLevel(part))
      case let kind: throw part.unsupported("the pre-tokenizer '\(kind)'")
      }
    }

    /// The steps of a `pre_tokenizer`, in order.
    static func steps(_ part: Part?) throws(TokenizerError) -> [PreTokenizer] {
      var steps: [PreTokenizer] = []
      var kinds: Set<String> = []
      for step in try Tokenizer.flattened(part, "pretokenizers") {
        // What one adds another could cut and lengthen again, without end.
        guard kinds.insert(try step.kind()).inserted else {
          throw step.unsupported("a second pre-tokenizer '\(try step.kind())'")
        }
        steps.append(try PreTokenizer(step))
      }
      return steps
    }

    func words(of word: Word) -> [Word] {
      switch self {
      case .metaspace(let metaspace): metaspace.words(of: word)
      case .byteLevel(let byteLevel): byteLevel.words(of: word)
      }
    }
  }

  /// Spaces become visible characters, `▁`, with which words start (SentencePiece).
  struct Metaspace: Sendable {
    enum PrependScheme: String {
      case always
      case first
      case never
    }

    let space: [UInt8]
    let prependScheme: PrependScheme
    let splits: Bool

    init(_ part: Part) throws(TokenizerError) {
      space = try part["replacement"].scalar()
      splits = try part.flag("split", default: true)
      if let scheme = try part.optional("prepend_scheme") {
        guard let known = PrependScheme(rawValue: try scheme.string()) else {
          throw scheme.error("is not 'always', 'first' or 'never'")
        }
        prependScheme = known
      } else {
        // As files before the schemes have it.
        prependScheme = try part.flag("add_prefix_space", default: true) ? .always : .never
      }
    }

    func words(of word: Word) -> [Word] {
      var text = Replacement(pattern: [UInt8(ascii: " ")], content: space).apply(to: word.text)
      let isPrepended =
        prependScheme == .always || (prependScheme == .first && word.isFirst)
      if isPrepended, !text.starts(with: space) { text = space + text }
      guard splits else { return [Word(text: text, isFirst: word.isFirst)] }
      return pieces(of: text).enumerated().map {
        Word(text: $1, isFirst: word.isFirst && $0 == 0)
      }
    }

    /// Each space starts a piece.
    private func pieces(of text: [UInt8]) -> [[UInt8]] {
      var pieces: [[UInt8]] = []
      for character in text.characters {
        if pieces.isEmpty || character.elementsEqual(space) { pieces.append([]) }
        pieces[pieces.count - 1] += character
      }
      return pieces
    }
  }
}
