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
      if let part { try Tokenizer.checkGrowth(steps.map(\.growth), of: part) }
      return steps
    }

    /// At most how many times longer a text becomes, but for the constant that `prepend` adds.
    private var growth: Int {
      if case .replace(let replacement) = self { replacement.growth } else { 1 }
    }

    /// A word that loses its start is the first no more.
    func apply(to word: Word) -> Word {
      let text = word.text
      switch self {
      case .prepend(let prefix):
        return Word(text: text.isEmpty ? text : prefix + text, isFirst: word.isFirst)
      case .replace(let replacement):
        let losesStart = replacement.content.isEmpty && text.starts(with: replacement.pattern)
        return Word(text: replacement.apply(to: text), isFirst: word.isFirst && !losesStart)
      case .strip(let left, let right):
        let start = left ? text.endOfSpace(from: 0) : 0
        let end = right ? text.startOfSpace(before: text.count, from: start) : text.count
        return Word(text: Array(text[start..<end]), isFirst: word.isFirst && start == 0)
      }
    }
  }
}

extension [Tokenizer.Normalizer] {
  func apply(to word: Tokenizer.Word) -> Tokenizer.Word { reduce(word) { $1.apply(to: $0) } }
}
