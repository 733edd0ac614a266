extension Tokenizer {
  /// The parts that a part of type `Sequence` lists under `key`, and theirs; any other part alone.
  static func flattened(_ part: Part?, _ key: String) throws(TokenizerError) -> [Part] {
    guard let part else { return [] }
    guard try part.kind() == "Sequence" else { return [part] }
    var parts: [Part] = []
    for element in try part[key].elements() { parts += try flattened(element, key) }
    guard parts.count <= 64 else { throw part.error("has \(parts.count) parts, more than 64") }
    return parts
  }

  /// - Parameter growths: How many times longer a text becomes at most with each of some steps.
  /// - Throws: `TokenizerError` where all of them would let a short text fill the memory.
  static func checkGrowth(_ growths: [Int], of part: Part) throws(TokenizerError) {
    var growth = 1
    for factor in growths {
      growth *= factor
      guard growth <= 64 else { throw part.error("makes a text more than 64 times longer") }
    }
  }
}
