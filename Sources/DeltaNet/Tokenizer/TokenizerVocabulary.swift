import TensorFiles

extension Tokenizer {
  /// The tokens of a model, as UTF-8, and their ids.
  struct Vocabulary: Sendable {
    private var ids: [[UInt8]: Int] = [:]
    private var tokens: [Int: [UInt8]] = [:]

    /// The ids of `<0x00>` to `<0xFF>`, if the vocabulary has them.
    private(set) var byteIDs: [Int]?

    /// - Throws: `TokenizerError` where two tokens have one id, or where `usesBytes` and only some
    ///   of the 256 bytes are tokens.
    init(
      _ entries: [(token: [UInt8], id: Int)], usesBytes: Bool, of part: Part
    ) throws(TokenizerError) {
      for (token, id) in entries {
        guard tokens.updateValue(token, forKey: id) == nil else {
          throw part.error("two tokens have the id \(id)")
        }
        ids[token] = id
      }
      let bytes = usesBytes ? (0...UInt8.max).compactMap { ids[Self.token(ofByte: $0)] } : []
      guard bytes.isEmpty || bytes.count == 256 else {
        throw part.error("only \(bytes.count) of the 256 bytes are tokens")
      }
      byteIDs = bytes.isEmpty ? nil : bytes
    }

    func id(of token: [UInt8]) -> Int? { ids[token] }

    func token(_ id: Int) -> [UInt8]? { tokens[id] }

    var largestID: Int? { tokens.keys.max() }

    /// The ids that stand for `bytes` one by one.
    func byteIDs(of bytes: some Sequence<UInt8>) -> [Int]? {
      byteIDs.map { byteIDs in bytes.map { byteIDs[Int($0)] } }
    }

    private static func token(ofByte byte: UInt8) -> [UInt8] {
      let digits = String(byte, radix: 16, uppercase: true)
      return Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
    }
  }
}
