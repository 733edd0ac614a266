extension Tokenizer {
  /// Every occurrence of a text is replaced by another.
  struct Replacement: Sendable {
    let pattern: [UInt8]
    let content: [UInt8]

    init(pattern: [UInt8], content: [UInt8]) {
      self.pattern = pattern
      self.content = content
    }

    init(_ part: Part) throws(TokenizerError) {
      let wanted = try part["pattern"]
      if try wanted.optional("Regex") != nil {
        throw wanted.unsupported("a regular expression")
      }
      let text = try wanted["String"]
      pattern = try text.bytes()
      guard !pattern.isEmpty else { throw text.error("is empty") }
      content = try part["content"].bytes()
    }

    /// At most how many times longer a text becomes.
    var growth: Int { max(1, (content.count + pattern.count - 1) / pattern.count) }

    func apply(to text: [UInt8]) -> [UInt8] {
      var result: [UInt8] = []
      result.reserveCapacity(text.count)
      var position = 0
      while position < text.count {
        if text[position...].starts(with: pattern) {
          result += content
          position += pattern.count
        } else {
          result.append(text[position])
          position += 1
        }
      }
      return result
    }
  }
}
