import DeltaNet
import Foundation
import PropertyTesting
import Testing

struct TokenizerErrorTests {
  /// A tokenizer of the tokens a (0), b (1) and ab (2), with some parts replaced.
  private static func json(_ parts: [String: String] = [:]) -> String {
    let model = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#
    let all = ["model": model].merging(parts) { $1 }
    return "{" + all.map { "\"\($0)\":\($1)" }.sorted().joined(separator: ",") + "}"
  }

  private static func bpe(_ members: String) -> [String: String] {
    ["model": #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"# + members + "}"]
  }

  private static func unigram(_ members: String) -> [String: String] {
    ["model": #"{"type":"Unigram",\#(members)}"#]
  }

  @Test func whatTheErrorsStartFromIsRight() throws {
    let tokenizer = try Tokenizer(json: Array(Self.json().utf8))
    #expect(tokenizer.encode("abba") == [2, 1, 0])
    #expect(tokenizer.decode([2, 7, 0]) == "ab a")
    #expect(tokenizer.vocabularyCount == 3)
  }

  private static let refused: [(parts: [String: String], message: String)] = [
    (["model": "7"], "model: is no object; the file is damaged, fetch it again"),
    (["model": "{}"], "model: has no 'type'"),
    (["model": #"{"type":"WordPiece"}"#], "model: the model 'WordPiece' is not supported; choose"),
    (["model": #"{"type":"BPE","vocab":{"a":0,"a":1}}"#], "no JSON at byte 41: the key 'a' again"),
    (
      ["model": #"{"type":"BPE","vocab":{"a":0,"b":0}}"#],
      "model.vocab: two tokens have the id 0"
    ),
    (
      ["model": #"{"type":"BPE","vocab":{"a":-1}}"#],
      "model.vocab.a: is -1.0, no whole number from 0 to 4294967295"
    ),
    (["model": #"{"type":"BPE","vocab":{"a":0.5}}"#], "model.vocab.a: is 0.5, no whole number"),
    (["model": #"{"type":"BPE","vocab":{"a":1e19}}"#], "model.vocab.a: is 1e+19, no whole number"),
    (
      ["model": #"{"type":"BPE","byte_fallback":true,"vocab":{"<0x00>":0}}"#],
      "model.vocab: only 1 of the 256 bytes are tokens"
    ),
    (bpe(#""merges":["a"]"#), "model.merges[0]: is not two tokens with a space between"),
    (bpe(#""merges":[["a"]]"#), "model.merges[0]: is not two tokens"),
    (bpe(#""merges":["a b", "b a"]"#), "model.merges[1]: 'ba' is not in the vocabulary"),
    (bpe(#""merges":[],"unk_token":"x""#), "model.unk_token: 'x' is not in the vocabulary"),
    (bpe(#""merges":[],"dropout":0.1"#), "model.dropout: dropout is not supported"),
    (
      bpe(#""merges":[],"end_of_word_suffix":"</w>""#),
      "model.end_of_word_suffix: an affix of subwords is not supported"
    ),
    (
      unigram(#""vocab":[["a",0]],"unk_id":1"#),
      "model.unk_id: is 1, and the vocabulary has 1 pieces"
    ),
    (unigram(#""vocab":[],"unk_id":0"#), "model.unk_id: is 0, and the vocabulary has 0 pieces"),
    (unigram(#""vocab":[["a"]],"unk_id":0"#), "model.vocab[0]: is not a piece and its score"),
    (unigram(#""vocab":[["a",0]],"unk_id":null"#), "model: has no 'unk_id'"),
    (["normalizer": #"{"type":"NFKC"}"#], "normalizer: the normalizer 'NFKC' is not supported"),
    (
      ["normalizer": #"{"type":"Sequence","normalizers":[{"type":"Lowercase"}]}"#],
      "normalizer.normalizers[0]: the normalizer 'Lowercase' is not supported"
    ),
    (
      ["normalizer": #"{"type":"Replace","pattern":{"Regex":" +"},"content":""}"#],
      "normalizer.pattern: a regular expression is not supported"
    ),
    (
      ["normalizer": #"{"type":"Replace","pattern":{"String":""},"content":"a"}"#],
      "normalizer.pattern.String: is empty"
    ),
    (
      ["decoder": sequence("decoders", of: doubling, 7)],
      "decoder: makes a text more than 64 times longer"
    ),
    (
      ["normalizer": sequence("normalizers", of: doubling, 7)],
      "normalizer: makes a text more than 64 times longer"
    ),
    (
      ["decoder": sequence("decoders", of: #"{"type":"Fuse"}"#, 65)],
      "decoder: has 65 parts, more than 64"
    ),
    (
      ["pre_tokenizer": #"{"type":"Split"}"#],
      "pre_tokenizer: the pre-tokenizer 'Split' is not supported"
    ),
    (
      ["pre_tokenizer": #"{"type":"Metaspace","replacement":"__"}"#],
      "pre_tokenizer.replacement: is not one character"
    ),
    (
      ["pre_tokenizer": #"{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}"#],
      "pre_tokenizer.prepend_scheme: is not 'always', 'first' or 'never'"
    ),
    (
      ["pre_tokenizer": sequence("pretokenizers", of: #"{"type":"ByteLevel"}"#, 2)],
      "pre_tokenizer.pretokenizers[1]: a second pre-tokenizer 'ByteLevel' is not supported"
    ),
    (["decoder": #"{"type":"CTC"}"#], "decoder: the decoder 'CTC' is not supported"),
    (
      ["added_tokens": #"[{"id":1,"content":"x"}]"#],
      "added_tokens[0]: another token has the id 1"
    ),
    (
      ["added_tokens": #"[{"id":3,"content":"a"}]"#],
      "added_tokens[0]: has the id 3, and 0 in the vocabulary"
    ),
    (["added_tokens": #"[{"id":3,"content":""}]"#], "added_tokens[0].content: is empty"),
    (
      ["post_processor": template(#"{"SpecialToken":{"id":"b"}}"#)],
      "post_processor.special_tokens: has no 'b'"
    ),
    (
      ["post_processor": template(#"{"SpecialToken":{"id":"a"}},{"Sequence":{"id":"A"}}"#)],
      "post_processor: there is no token 9"
    ),
    (["post_processor": template("")], "post_processor.single: has the text 0 times, not once"),
    (
      ["post_processor": template(#"{"Sequence":{"id":"B"}}"#)],
      "post_processor.single[0]: is of a second text, and there is one"
    ),
  ]

  @Test(arguments: refused)
  func whatCannotBeReadIsSaid(parts: [String: String], message: String) {
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(json: Array(Self.json(parts).utf8))
    }
    #expect(error?.description.hasPrefix("tokenizer.json: \(message)") == true, "\(error as Any)")
  }

  private static let doubling = #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#

  private static func sequence(_ key: String, of part: String, _ count: Int) -> String {
    let parts = Array(repeating: part, count: count).joined(separator: ",")
    return #"{"type":"Sequence","\#(key)":[\#(parts)]}"#
  }

  private static func template(_ pieces: String) -> String {
    #"{"type":"TemplateProcessing","single":[\#(pieces)],"#
      + #""special_tokens":{"a":{"id":"a","ids":[9]}}}"#
  }

  @Test(arguments: [
    ("", "no JSON at byte 0: a value expected"),
    ("{", "no JSON at byte 1: '\"' expected"),
    ("{} x", "no JSON at byte 3: something follows the end"),
    (#"{"a":1,}"#, "no JSON at byte 7: '\"' expected"),
    (#"{"a":tru}"#, "no JSON at byte 5: a value expected"),
    (#"{"a":1e999}"#, "no JSON at byte 5: a value expected"),
    (#"{"a":"\x"}"#, "no JSON at byte 8: an unknown escape"),
    (#"{"a":"\ud800"}"#, "no JSON at byte 12: half of a surrogate pair"),
    (#"{"a":"\u12"}"#, "no JSON at byte 11: four hexadecimal digits expected after \\u"),
    ("{\"a\":\"\n\"}", "no JSON at byte 7: a control character in a string"),
    (#"{"a":""#, "no JSON at byte 6: the text ends too early"),
    (
      String(repeating: "[", count: 1_000_000),
      "no JSON at byte 32: more than 32 values inside one another"
    ),
    ("[]", "is no object"),
  ])
  func whatIsNoJSONIsSaid(json: String, message: String) {
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(json: Array(json.utf8)) }
    #expect(error?.description.hasPrefix("tokenizer.json: \(message)") == true, "\(error as Any)")
  }

  @Test func bytesThatAreNoUTF8AreSaid() {
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(json: Array("{\"".utf8) + [0xC0, 0x80] + Array("\":1}".utf8))
    }
    #expect(error?.problem == "no JSON at byte 5: the string before is no UTF-8")
  }

  @Test func aFileThatIsNotThereIsSaid() {
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(path: "/nowhere/x.json") }
    #expect(error?.description.hasPrefix("/nowhere/x.json: cannot be opened: ") == true)
  }

  /// Canonically equivalent tokens are two.
  @Test func tokensAreBytes() throws {
    let model =
      #"{"type":"BPE","vocab":{"\u00e9":0,"e":1,"\u0301":2,"e\u0301":3},"merges":["e \u0301"]}"#
    let tokenizer = try Tokenizer(json: Array(Self.json(["model": model]).utf8))
    #expect(tokenizer.encode("\u{e9}") == [0])
    #expect(tokenizer.encode("e\u{301}") == [3])
  }

  /// Whatever a damaged file asks for, it is read or it is refused.
  @Test(arguments: ["llama", "byte-level", "unigram-bytes"])
  func damagedFilesAreNoDanger(name: String) throws {
    let path = "Fixtures/tokenizers/\(name).json"
    let whole = [UInt8](
      try Data(contentsOf: Bundle.module.resourceURL!.appending(path: path)))
    var generator = Xoshiro256(seed: 1)
    var refused = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...generator.next(through: 2) {
        let index = Int(generator.next(through: UInt64(bytes.count - 1)))
        switch generator.next(through: 2) {
        case 0: bytes[index] = UInt8(generator.next(through: 255))
        case 1: bytes.remove(at: index)
        default: bytes.swapAt(index, bytes.count - 1 - index)
        }
      }
      do {
        let tokenizer = try Tokenizer(json: bytes)
        _ = tokenizer.decode(tokenizer.encode("a <s> the word\n😀"))
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }
}
