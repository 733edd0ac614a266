extension Tokenizer {
  /// Words as GPT-2 cuts them, their bytes written as one visible character each (Radford et al., 2019).
  struct ByteLevel: Sendable {
    let addsPrefixSpace: Bool
    let splits: Bool

    init(_ part: Part) throws(TokenizerError) {
      addsPrefixSpace = try part.flag("add_prefix_space", default: true)
      splits = try part.flag("use_regex", default: true)
    }

    func words(of word: Word) -> [Word] {
      let space = UInt8(ascii: " ")
      let text = addsPrefixSpace && word.text.first != space ? [space] + word.text : word.text
      return (splits ? Self.pieces(of: text) : [text]).enumerated().map {
        Word(text: $1.flatMap { Self.characters[Int($0)] }, isFirst: word.isFirst && $0 == 0)
      }
    }

    /// The bytes that `token` is written with; nil where some character stands for no byte.
    static func bytes(of token: [UInt8]) -> [UInt8]? {
      var bytes: [UInt8] = []
      for character in token.characters {
        guard let byte = byteOfCharacter[Array(character)] else { return nil }
        bytes.append(byte)
      }
      return bytes
    }

    // MARK: Bytes

    /// For each byte, as UTF-8: the character of Latin-1 with that number, if it can be seen, or else the next
    /// of those from U+0100.
    private static let characters: [[UInt8]] = {
      var next: UInt32 = 0x100
      return (0...UInt8.max).map { byte in
        switch byte {
        case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Array(String(Unicode.Scalar(byte)).utf8)
        default:
          defer { next += 1 }
          return Unicode.Scalar(next).map { Array(String($0).utf8) } ?? []
        }
      }
    }()

    private static let byteOfCharacter = Dictionary(
      uniqueKeysWithValues: zip(characters, 0...UInt8.max))

    // MARK: Words

    private enum Kind {
      case space
      case letter
      case number
      case other

      init(_ scalar: Unicode.Scalar) {
        let properties = scalar.properties
        self =
          switch properties.generalCategory {
          case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            .letter
          case .decimalNumber, .letterNumber, .otherNumber: .number
          default: properties.isWhitespace ? .space : .other
          }
      }
    }

    private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map {
      Array("'\($0)".unicodeScalars)
    }

    /// The matches of `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    private static func pieces(of text: [UInt8]) -> [[UInt8]] {
      let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
      let kinds = scalars.map(Kind.init)
      var pieces: [[UInt8]] = []
      var start = 0
      while start < scalars.count {
        let end = endOfPiece(of: scalars, kinds, from: start)
        pieces.append(scalars[start..<end].flatMap { Array(UTF8.encode($0) ?? .init()) })
        start = end
      }
      return pieces
    }

    private static func endOfPiece(
      of scalars: [Unicode.Scalar], _ kinds: [Kind], from start: Int
    ) -> Int {
      func endOfRun(from start: Int) -> Int {
        kinds[start...].firstIndex { $0 != kinds[start] } ?? kinds.count
      }
      if let contraction = contractions.first(where: { scalars[start...].starts(with: $0) }) {
        return start + contraction.count
      }
      guard kinds[start] == .space else { return endOfRun(from: start) }
      let end = endOfRun(from: start)
      if end == start + 1, end < kinds.count, scalars[start] == " " { return endOfRun(from: end) }
      // The last of several spaces goes with the word that follows.
      return end == kinds.count || end == start + 1 ? end : end - 1
    }
  }
}
