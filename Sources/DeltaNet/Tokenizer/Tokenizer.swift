import TensorFiles

/// Text to the tokens of a model and back, as a `tokenizer.json` of Hugging Face's tokenizers says.
///
/// Byte-pair encoding and unigram models, with the normalizers `Prepend`, `Replace` and `Strip`, the pre-tokenizers
/// `Metaspace` and `ByteLevel`, the decoders `Replace`, `ByteFallback`, `Fuse`, `Strip`, `Metaspace` and `ByteLevel`,
/// the post-processors `TemplateProcessing` and `ByteLevel`, sequences of these, and added tokens. `truncation` and
/// `padding` are left to whoever makes batches.
public struct Tokenizer: Sendable {
  private let normalizers: [Normalizer]
  private let preTokenizers: [PreTokenizer]
  private let model: Model
  private let template: Template
  private let decoders: [Decoder]
  private let addedTokens: [Int: AddedToken]
  private let verbatimTokens: AddedTokenFinder
  private let normalizedTokens: AddedTokenFinder

  /// One more than the largest id of a token: the rows that the embedding of a model needs.
  public let vocabularyCount: Int

  /// Reads a `tokenizer.json` of at most 64 MiB.
  ///
  /// - Throws: ``TokenizerError`` where the file cannot be read, is damaged, or asks for what is not supported.
  public init(path: String) throws(TokenizerError) {
    let json: [UInt8]
    do throws(TensorFileError) {
      json = try bytes(ofFile: path, limit: 1 << 26)
    } catch {
      throw TokenizerError(file: path, problem: error.problem, remedy: error.remedy)
    }
    try self.init(json: json, name: path)
  }

  /// Reads the bytes of a `tokenizer.json`.
  ///
  /// - Parameter name: What errors call the file.
  /// - Throws: ``TokenizerError`` where the bytes are damaged, or ask for what is not supported.
  public init(json: [UInt8], name: String = "tokenizer.json") throws(TokenizerError) {
    let file: Part
    do throws(JSONError) {
      file = Part(try JSONReader.read(json), file: name)
    } catch {
      throw TokenizerError(file: name, problem: error.problem)
    }
    normalizers = try Normalizer.steps(try file.optional("normalizer"))
    preTokenizers = try PreTokenizer.steps(try file.optional("pre_tokenizer"))
    model = try Model(try file["model"])
    decoders = try Decoder.steps(try file.optional("decoder"))
    let tokens = try Self.addedTokens(
      try file.optional("added_tokens"), normalizers, model.vocabulary)
    addedTokens = Dictionary(uniqueKeysWithValues: tokens.map { ($0.id, $0) })
    verbatimTokens = AddedTokenFinder(tokens.filter { !$0.isNormalized })
    normalizedTokens = AddedTokenFinder(tokens.filter(\.isNormalized))
    vocabularyCount =
      1 + max(model.vocabulary.largestID ?? -1, tokens.map(\.id).max() ?? -1)

    let processor = try file.optional("post_processor")
    template = try Template(processor)
    if let processor, let id = template.ids.first(where: { content(of: $0) == nil }) {
      throw processor.error("there is no token \(id)")
    }
  }

  private static func addedTokens(
    _ part: Part?, _ normalizers: [Normalizer], _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    var ids: Set<Int> = []
    for element in try part?.elements() ?? [] {
      let token = try AddedToken(element, normalizers)
      let isTaken = vocabulary.token(token.id).map { $0 != token.content } ?? false
      guard ids.insert(token.id).inserted, !isTaken else {
        throw element.error("another token has the id \(token.id)")
      }
      if let id = vocabulary.id(of: token.content), id != token.id {
        throw element.error("has the id \(token.id), and \(id) in the vocabulary")
      }
      tokens.append(token)
    }
    return tokens
  }

  // MARK: Encoding

  /// The tokens of a text, in O(n log n) for n bytes.
  ///
  /// - Parameter addingSpecialTokens: Whether to add those that the model expects around a text, such as that of its
  ///   beginning. Those that the text spells are found in either case.
  public func encode(_ text: String, addingSpecialTokens: Bool = true) -> [Int] {
    let ids = verbatimTokens.segments(of: Word(text: Array(text.utf8), isFirst: true)).flatMap {
      segment in
      switch segment {
      case .token(let id): [id]
      case .text(let word): encode(word)
      }
    }
    return addingSpecialTokens ? template.prefix + ids + template.suffix : ids
  }

  private func encode(_ word: Word) -> [Int] {
    normalizedTokens.segments(of: normalizers.apply(to: word)).flatMap { segment in
      switch segment {
      case .token(let id): [id]
      case .text(let word):
        preTokenizers
          .reduce([word]) { words, step in words.flatMap(step.words) }
          .flatMap { model.encode($0.text) }
      }
    }
  }

  // MARK: Decoding

  private func content(of id: Int) -> [UInt8]? {
    addedTokens[id]?.written ?? model.vocabulary.token(id)
  }

  /// The text of tokens; an id of no token has none.
  ///
  /// - Parameter skippingSpecialTokens: Whether special tokens have none, either.
  public func decode(_ ids: [Int], skippingSpecialTokens: Bool = true) -> String {
    let tokens = ids.compactMap { id in
      skippingSpecialTokens && addedTokens[id]?.isSpecial == true ? nil : content(of: id)
    }
    // Without decoders, tokens are words.
    let text =
      decoders.isEmpty
      ? Array(tokens.joined(separator: " ".utf8))
      : Array(decoders.reduce(tokens) { $1.apply(to: $0) }.joined())
    return String(decoding: text, as: UTF8.self)
  }
}

extension Tokenizer {
  /// How a word becomes tokens.
  private enum Model: Sendable {
    case bpe(BPE)
    case unigram(Unigram)

    init(_ part: Part) throws(TokenizerError) {
      switch try part.kind() {
      case "BPE": self = .bpe(try BPE(part))
      case "Unigram": self = .unigram(try Unigram(part))
      case let kind: throw part.unsupported("the model '\(kind)'")
      }
    }

    var vocabulary: Vocabulary {
      switch self {
      case .bpe(let bpe): bpe.vocabulary
      case .unigram(let unigram): unigram.vocabulary
      }
    }

    func encode(_ word: [UInt8]) -> [Int] {
      switch self {
      case .bpe(let bpe): bpe.encode(word)
      case .unigram(let unigram): unigram.encode(word)
      }
    }
  }
}
