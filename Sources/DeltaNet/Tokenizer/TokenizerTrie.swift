extension Tokenizer {
  /// Byte strings with a value each, found as prefixes of a text.
  struct Trie: Sendable {
    private var children: [UInt64: Int] = [:]
    private var values: [Int?] = [nil]

    /// The later of two values for the same bytes holds.
    mutating func insert(_ bytes: [UInt8], _ value: Int) {
      var node = 0
      for byte in bytes {
        let edge = Self.edge(node, byte)
        if let child = children[edge] {
          node = child
        } else {
          children[edge] = values.count
          node = values.count
          values.append(nil)
        }
      }
      values[node] = value
    }

    /// All entries that `text` starts with at `start`, shortest first; the empty one is none.
    func prefixes(of text: [UInt8], from start: Int) -> [(end: Int, value: Int)] {
      var found: [(end: Int, value: Int)] = []
      var node = 0
      for position in start..<text.count {
        guard let child = children[Self.edge(node, text[position])] else { break }
        node = child
        if let value = values[node] { found.append((position + 1, value)) }
      }
      return found
    }

    private static func edge(_ node: Int, _ byte: UInt8) -> UInt64 {
      UInt64(node) << 8 | UInt64(byte)
    }
  }
}
