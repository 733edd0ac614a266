import DeltaNet
import Foundation
import Testing

/// Each fixture is a `tokenizer.json`, and what Hugging Face's tokenizers makes of texts with it;
/// `Fixtures/tokenizers/generate.py` wrote them.
struct TokenizerTests {
  private struct Expected: Decodable {
    struct Encoded: Decodable {
      let text: String
      let ids: [Int]
      let plain: [Int]
    }
    struct Decoded: Decodable {
      let ids: [Int]
      let text: String
      let all: String
    }
    let vocabularyCount: Int
    let encoded: [Encoded]
    let decoded: [Decoded]
  }

  private static let folder =
    Bundle.module.resourceURL!.appending(path: "Fixtures/tokenizers")

  private static let names = [
    "llama", "bpe-metaspace-first", "bpe-unknown-fused", "bpe-unknown", "bpe-stripped",
    "bpe-silent",
    "byte-level", "byte-level-prefix-space", "unigram", "unigram-bytes",
  ]

  private func load(_ name: String) throws -> (Tokenizer, Expected) {
    let expected = try Data(contentsOf: Self.folder.appending(path: "\(name).expected.json"))
    return (
      try Tokenizer(path: Self.folder.appending(path: "\(name).json").path),
      try JSONDecoder().decode(Expected.self, from: expected)
    )
  }

  /// Strings are equal that differ in their scalars.
  private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  @Test(arguments: names) func textsHaveTheTokensOfTheReference(name: String) throws {
    let (tokenizer, expected) = try load(name)
    #expect(tokenizer.vocabularyCount == expected.vocabularyCount)
    #expect(expected.encoded.count > 70)
    for sample in expected.encoded {
      #expect(tokenizer.encode(sample.text) == sample.ids, "\(sample.text.debugDescription)")
      #expect(
        tokenizer.encode(sample.text, addingSpecialTokens: false) == sample.plain,
        "\(sample.text.debugDescription)")
    }
  }

  @Test(arguments: names) func tokensHaveTheTextOfTheReference(name: String) throws {
    let (tokenizer, expected) = try load(name)
    for sample in expected.decoded {
      let text = tokenizer.decode(sample.ids)
      #expect(same(text, sample.text), "\(text.debugDescription) \(sample.text.debugDescription)")
      let all = tokenizer.decode(sample.ids, skippingSpecialTokens: false)
      #expect(same(all, sample.all), "\(all.debugDescription) \(sample.all.debugDescription)")
    }
  }

  @Test(arguments: names) func aStreamSaysWhatTheWholeDoes(name: String) throws {
    let (tokenizer, expected) = try load(name)
    for sample in expected.decoded where !sample.all.unicodeScalars.contains("\u{FFFD}") {
      var stream = Tokenizer.Stream(tokenizer)
      var pieces = sample.ids.map { stream.next($0) }
      #expect(!pieces.contains { $0.unicodeScalars.contains("\u{FFFD}") }, "\(pieces)")
      pieces.append(stream.finish())
      #expect(same(pieces.joined(), sample.text), "\(pieces) \(sample.text.debugDescription)")
    }
  }

  /// Of two ways that are equally likely, the one whose last piece starts first.
  @Test func tiesGoToTheLongerPiece() throws {
    let tokenizer = try Tokenizer(
      json: Array(
        #"{"model":{"type":"Unigram","vocab":[["?",-9],["a",-1],["aa",-2]],"unk_id":0}}"#.utf8))
    #expect(tokenizer.encode("aa") == [2])
    #expect(tokenizer.encode("aaa") == [1, 2])
  }

  /// A space goes with the word that follows; a line's end does not.
  @Test func wordsStartWithSpacesAlone() throws {
    let tokenizer = try Tokenizer(
      json: Array(
        #"""
        {"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"type":"BPE",
        "vocab":{"Ċ":0,"x":1,"Ċx":2,"Ġ":3,"Ġx":4},"merges":["Ċ x","Ġ x"]}}
        """#.utf8))
    #expect(tokenizer.encode("\nx x") == [0, 1, 4])
  }

  @Test func aStreamWaitsForAWholeCharacter() throws {
    let (tokenizer, _) = try load("llama")
    let ids = tokenizer.encode("a😀 b", addingSpecialTokens: false)
    var stream = Tokenizer.Stream(tokenizer)
    #expect(ids.map { stream.next($0) }.filter { !$0.isEmpty } == ["a", "😀", " ", "b"])
    let smile = tokenizer.encode("😀", addingSpecialTokens: false).suffix(4)
    for id in smile.dropLast() { #expect(stream.next(id) == "") }
    #expect(stream.finish() == "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(stream.finish() == "")
  }

  /// 264,000 characters without a border: one merge after another over them all would take hours.
  @Test func longWordsAreEncodedInTime() throws {
    let (tokenizer, _) = try load("llama")
    let text = String(repeating: "the rule of the state ", count: 12_000)
    let ids = tokenizer.encode(text)
    #expect(same(tokenizer.decode(ids), text))
  }
}
