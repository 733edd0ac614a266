import TensorFiles

extension Tokenizer {
  /// A value of the file and its place there, so that whoever reads it can say what is wrong where.
  struct Part {
    let file: String
    let path: String
    private let json: JSON

    init(_ json: JSON, file: String, path: String = "") {
      self.json = json
      self.file = file
      self.path = path
    }

    func error(_ problem: String, remedy: String? = nil) -> TokenizerError {
      guard let remedy else { return TokenizerError(file: file, part: path, problem: problem) }
      return TokenizerError(file: file, part: path, problem: problem, remedy: remedy)
    }

    func unsupported(_ what: String) -> TokenizerError {
      error("\(what) is not supported", remedy: "choose a tokenizer that does without")
    }

    var isNull: Bool { if case .null = json { true } else { false } }

    // MARK: Values

    func bytes() throws(TokenizerError) -> [UInt8] {
      guard case .string(let bytes) = json else { throw error("is no string") }
      return bytes
    }

    func string() throws(TokenizerError) -> String { String(decoding: try bytes(), as: UTF8.self) }

    func flag() throws(TokenizerError) -> Bool {
      guard case .flag(let flag) = json else { throw error("is neither true nor false") }
      return flag
    }

    func number() throws(TokenizerError) -> Double {
      guard case .number(let number) = json else { throw error("is no number") }
      return number
    }

    /// A whole number that an unsigned 32-bit integer can hold, as every token's id is.
    func count() throws(TokenizerError) -> Int {
      guard let count = UInt32(exactly: try number()) else {
        throw error("is \(try number()), no whole number from 0 to \(UInt32.max)")
      }
      return Int(count)
    }

    /// One Unicode scalar, as UTF-8.
    func scalar() throws(TokenizerError) -> [UInt8] {
      guard try string().unicodeScalars.count == 1 else { throw error("is not one character") }
      return try bytes()
    }

    func elements() throws(TokenizerError) -> [Part] {
      guard case .list(let list) = json else { throw error("is no list") }
      return list.enumerated().map { Part($1, file: file, path: "\(path)[\($0)]") }
    }

    func members() throws(TokenizerError) -> [(key: [UInt8], value: Part)] {
      guard case .object(let members) = json else { throw error("is no object") }
      return members.map { ($0.key, Part($0.value, file: file, path: path(of: $0.key))) }
    }

    // MARK: Members

    private func path(of key: [UInt8]) -> String {
      let name = String(decoding: key, as: UTF8.self)
      let isPlain = key.allSatisfy { $0 > 0x20 && $0 < 0x7F } && key.count <= 32
      return (path.isEmpty ? "" : path + ".") + (isPlain ? name : name.quoted)
    }

    /// The member called `key`, or nil where it is absent or null.
    func optional(_ key: String) throws(TokenizerError) -> Part? {
      guard case .object(let members) = json else { throw error("is no object") }
      guard let member = members.first(where: { $0.key.elementsEqual(key.utf8) }) else {
        return nil
      }
      let part = Part(member.value, file: file, path: path(of: member.key))
      return part.isNull ? nil : part
    }

    subscript(key: String) -> Part {
      get throws(TokenizerError) {
        guard let part = try optional(key) else { throw error("has no \(key.quoted)") }
        return part
      }
    }

    func flag(_ key: String, default standard: Bool) throws(TokenizerError) -> Bool {
      guard let part = try optional(key) else { return standard }
      return try part.flag()
    }

    /// The value of `type`, by which the file says what kind of thing this part is.
    func kind() throws(TokenizerError) -> String { try self["type"].string() }
  }
}
