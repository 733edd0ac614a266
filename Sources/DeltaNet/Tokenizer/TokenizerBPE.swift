import TensorFiles

extension Tokenizer {
  /// Byte-pair encoding: characters, of which neighbours are merged as long as a merge is known,
  /// the earliest merge of the list first (Sennrich, Haddow and Birch, 2016).
  struct BPE: Sendable {
    let vocabulary: Vocabulary
    private let unknownID: Int?
    private let fusesUnknown: Bool
    private let ignoresMerges: Bool
    private var merges: [Pair: Merge] = [:]

    private struct Pair: Hashable {
      let left: Int
      let right: Int
    }

    private struct Merge {
      let rank: Int
      let id: Int
    }

    init(_ part: Part) throws(TokenizerError) {
      for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
        if let affix = try part.optional(key), try !affix.bytes().isEmpty {
          throw affix.unsupported("an affix of subwords")
        }
      }
      if let dropout = try part.optional("dropout"), try dropout.number() != 0 {
        throw dropout.unsupported("dropout")
      }
      fusesUnknown = try part.flag("fuse_unk", default: false)
      ignoresMerges = try part.flag("ignore_merges", default: false)

      let tokens = try part["vocab"]
      var entries: [(token: [UInt8], id: Int)] = []
      for (token, id) in try tokens.members() { entries.append((token, try id.count())) }
      vocabulary = try Vocabulary(
        entries, usesBytes: try part.flag("byte_fallback", default: false), of: tokens)
      if let unknown = try part.optional("unk_token") {
        unknownID = try vocabulary.id(of: try unknown.bytes(), of: unknown)
      } else {
        unknownID = nil
      }
      for (rank, merge) in try part["merges"].elements().enumerated() {
        let (left, right) = try Self.sides(of: merge)
        let pair = Pair(
          left: try vocabulary.id(of: left, of: merge),
          right: try vocabulary.id(of: right, of: merge))
        merges[pair] = Merge(rank: rank, id: try vocabulary.id(of: left + right, of: merge))
      }
    }

    /// A merge is written as `"a b"`, or as `["a", "b"]`.
    private static func sides(
      of merge: Part
    ) throws(TokenizerError) -> (left: [UInt8], right: [UInt8]) {
      if let text = try? merge.bytes() {
        let sides = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard sides.count == 2 else { throw merge.error("is not two tokens with a space between") }
        return (Array(sides[0]), Array(sides[1]))
      }
      let sides = try merge.elements()
      guard sides.count == 2 else { throw merge.error("is not two tokens") }
      return (try sides[0].bytes(), try sides[1].bytes())
    }

    /// The tokens of a word, in O(n log n) for n bytes.
    func encode(_ word: [UInt8]) -> [Int] {
      if ignoresMerges, let id = vocabulary.id(of: word) { return [id] }
      return merged(characters(of: word))
    }

    private func characters(of word: [UInt8]) -> [Int] {
      var ids: [Int] = []
      var followsUnknown = false
      for character in word.characters {
        if let id = vocabulary.id(of: Array(character)) {
          ids.append(id)
          followsUnknown = false
        } else if let bytes = vocabulary.byteIDs(of: character) {
          ids += bytes
          followsUnknown = false
        } else if let unknownID {
          if !(followsUnknown && fusesUnknown) { ids.append(unknownID) }
          followsUnknown = true
        }
      }
      return ids
    }

    /// A merge that was possible when it was found: the symbol at `position`, with the next.
    private struct Candidate: Comparable {
      let merge: Merge
      let position: Int

      static func == (a: Candidate, b: Candidate) -> Bool {
        (a.merge.rank, a.position) == (b.merge.rank, b.position)
      }

      static func < (a: Candidate, b: Candidate) -> Bool {
        (a.merge.rank, a.position) < (b.merge.rank, b.position)
      }
    }

    private func merged(_ ids: [Int]) -> [Int] {
      // A linked list; what was merged into its left neighbour is nil.
      var symbols: [Int?] = ids
      var previous = ids.indices.map { $0 - 1 }
      var next = ids.indices.map { $0 + 1 }
      var candidates = Heap<Candidate>()

      func merge(at position: Int) -> Merge? {
        guard position >= 0, next[position] < ids.count, let left = symbols[position],
          let right = symbols[next[position]]
        else { return nil }
        return merges[Pair(left: left, right: right)]
      }
      func consider(_ position: Int) {
        guard let merge = merge(at: position) else { return }
        candidates.insert(Candidate(merge: merge, position: position))
      }

      for position in ids.indices { consider(position) }
      while let best = candidates.removeLeast() {
        // Its symbols may have been merged with others since.
        guard merge(at: best.position)?.id == best.merge.id else { continue }
        symbols[best.position] = best.merge.id
        symbols[next[best.position]] = nil
        next[best.position] = next[next[best.position]]
        if next[best.position] < ids.count { previous[next[best.position]] = best.position }
        consider(previous[best.position])
        consider(best.position)
      }
      return symbols.compactMap { $0 }
    }
  }
}

extension Tokenizer.Vocabulary {
  fileprivate func id(of token: [UInt8], of part: Tokenizer.Part) throws(TokenizerError) -> Int {
    guard let id = id(of: token) else {
      throw part.error("\(String(decoding: token, as: UTF8.self).quoted) is not in the vocabulary")
    }
    return id
  }
}
