extension Tokenizer {
  /// A unigram language model: of all ways to cut a text into pieces, the one whose pieces' log probabilities sum to
  /// most (Kudo, 2018), found by Viterbi's algorithm.
  struct Unigram: Sendable {
    let vocabulary: Vocabulary
    private let unknownID: Int
    private let scores: [Double]
    private let unknownScore: Double
    private var pieces = Trie()

    init(_ part: Part) throws(TokenizerError) {
      let list = try part["vocab"]
      var entries: [(token: [UInt8], id: Int)] = []
      var scores: [Double] = []
      for (id, entry) in try list.elements().enumerated() {
        let sides = try entry.elements()
        guard sides.count == 2 else { throw entry.error("is not a piece and its score") }
        entries.append((try sides[0].bytes(), id))
        scores.append(try sides[1].number())
      }
      let unknown = try part["unk_id"]
      unknownID = try unknown.count()
      guard let least = scores.min(), scores.indices.contains(unknownID) else {
        throw unknown.error("is \(unknownID), and the vocabulary has \(scores.count) pieces")
      }
      self.scores = scores
      unknownScore = least - 10
      vocabulary = try Vocabulary(
        entries, usesBytes: try part.flag("byte_fallback", default: false), of: list)
      for (token, id) in entries { pieces.insert(token, id) }
    }

    /// The best way to reach an end: over the piece `id` from `start`.
    private struct Step {
      let score: Double
      let start: Int
      let id: Int
    }

    /// The tokens of a word, in O(n l) for n bytes and pieces of at most l.
    func encode(_ word: [UInt8]) -> [Int] {
      let steps = bestSteps(over: word)
      var pieces: [(range: Range<Int>, id: Int)] = []
      var end = word.count
      while end > 0, let step = steps[end] {
        if step.id == unknownID, let last = pieces.last, last.id == unknownID {
          pieces[pieces.count - 1].range = step.start..<last.range.upperBound
        } else {
          pieces.append((step.start..<end, step.id))
        }
        end = step.start
      }
      return pieces.reversed().flatMap { piece in
        piece.id == unknownID ? unknown(word[piece.range]) : [piece.id]
      }
    }

    private func bestSteps(over word: [UInt8]) -> [Step?] {
      var steps = [Step?](repeating: nil, count: word.count + 1)
      for character in word.characters {
        let start = character.startIndex
        let score = steps[start]?.score ?? 0
        func reach(_ end: Int, _ id: Int, _ gain: Double) {
          if let best = steps[end]?.score, best >= score + gain { return }
          steps[end] = Step(score: score + gain, start: start, id: id)
        }
        let found = pieces.prefixes(of: word, from: start)
        for piece in found { reach(piece.end, piece.value, scores[piece.value]) }
        if !found.contains(where: { $0.end == character.endIndex }) {
          reach(character.endIndex, unknownID, unknownScore)
        }
      }
      return steps
    }

    private func unknown(_ text: ArraySlice<UInt8>) -> [Int] {
      if let id = vocabulary.id(of: Array(text)) { return [id] }
      return vocabulary.byteIDs(of: text) ?? [unknownID]
    }
  }
}
