import TensorFiles

extension Tokenizer {
  /// The tokens that are put around a text, such as that of its beginning.
  struct Template: Sendable {
    private(set) var prefix: [Int] = []
    private(set) var suffix: [Int] = []

    var ids: [Int] { prefix + suffix }

    /// What a `post_processor` says about one text.
    init(_ part: Part?) throws(TokenizerError) {
      var templates = 0
      for step in try Tokenizer.flattened(part, "processors") {
        switch try step.kind() {
        case "ByteLevel": break  // Moves offsets alone.
        case "TemplateProcessing" where templates == 0:
          try read(step)
          templates += 1
        case let kind: throw step.unsupported("the post-processor '\(kind)' here")
        }
      }
    }

    private mutating func read(_ part: Part) throws(TokenizerError) {
      let single = try part["single"]
      var sequences = 0
      for piece in try single.elements() {
        if let token = try piece.optional("SpecialToken") {
          let ids = try Self.ids(of: token, in: try part["special_tokens"])
          if sequences == 0 { prefix += ids } else { suffix += ids }
        } else {
          guard try piece["Sequence"]["id"].string() == "A" else {
            throw piece.error("is of a second text, and there is one")
          }
          sequences += 1
        }
      }
      guard sequences == 1 else { throw single.error("has the text \(sequences) times, not once") }
    }

    private static func ids(of token: Part, in tokens: Part) throws(TokenizerError) -> [Int] {
      let name = try token["id"].string()
      var ids: [Int] = []
      for id in try tokens[name]["ids"].elements() { ids.append(try id.count()) }
      return ids
    }
  }
}
