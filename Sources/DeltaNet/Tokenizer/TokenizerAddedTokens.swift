extension Tokenizer {
  /// A token that is found in the text before the model sees it.
  struct AddedToken: Sendable {
    let id: Int
    let content: [UInt8]

    /// The content, normalized where the texts are in which it is looked for. Decoders, too, see it so.
    let written: [UInt8]
    let isSpecial: Bool
    let isNormalized: Bool
    let isSingleWord: Bool
    let stripsLeft: Bool
    let stripsRight: Bool

    init(_ part: Part, _ normalizers: [Normalizer]) throws(TokenizerError) {
      id = try part["id"].count()
      content = try part["content"].bytes()
      guard !content.isEmpty else { throw try part["content"].error("is empty") }
      isSpecial = try part.flag("special", default: false)
      isNormalized = try part.flag("normalized", default: !isSpecial)
      written =
        isNormalized ? normalizers.apply(to: Word(text: content, isFirst: true)).text : content
      isSingleWord = try part.flag("single_word", default: false)
      stripsLeft = try part.flag("lstrip", default: false)
      stripsRight = try part.flag("rstrip", default: false)
    }
  }

  /// A text between added tokens, or such a token.
  enum Segment {
    case text(Word)
    case token(Int)
  }

  /// Finds some of the added tokens: the leftmost first, of several there the longest.
  struct AddedTokenFinder: Sendable {
    private var trie = Trie()
    private let tokens: [AddedToken]

    init(_ tokens: [AddedToken]) {
      self.tokens = tokens
      for (index, token) in tokens.enumerated() { trie.insert(token.written, index) }
    }

    func segments(of word: Word) -> [Segment] {
      let text = word.text
      var segments: [Segment] = []
      var done = 0
      func add(textBefore end: Int) {
        guard done < end else { return }
        segments.append(
          .text(Word(text: Array(text[done..<end]), isFirst: word.isFirst && done == 0)))
      }
      var position = 0
      while position < text.count {
        guard let match = trie.prefixes(of: text, from: position).last else {
          position += 1
          continue
        }
        let token = tokens[match.value]
        if !token.isSingleWord || text.isSingleWord(position..<match.end) {
          add(
            textBefore: token.stripsLeft
              ? text.startOfSpace(before: position, from: done) : position)
          segments.append(.token(token.id))
          done = token.stripsRight ? text.endOfSpace(from: match.end) : match.end
        }
        position = max(done, match.end)
      }
      add(textBefore: text.count)
      return segments
    }
  }
}
