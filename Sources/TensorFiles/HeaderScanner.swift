/// A cursor over the header text of a tensor file; its errors name the byte where it stands.
struct HeaderScanner {
  let file: String

  /// The tensor that the text at the cursor describes, where one is known.
  var tensor: String?

  private let text: [UInt8]
  private var position = 0

  init(_ text: ByteSlice, file: String, tensor: String? = nil) {
    self.text = text.array()
    self.file = file
    self.tensor = tensor
  }

  func error(
    _ problem: String, remedy: String = "the file is damaged or of another format, write it again"
  ) -> TensorFileError {
    TensorFileError(
      file: file, tensor: tensor, problem: "header byte \(position): \(problem)", remedy: remedy)
  }

  /// What stands at the cursor, for an error message.
  var found: String {
    guard position < text.count else { return "the end of the header" }
    let byte = text[position]
    return byte < 0x80 ? String(Unicode.Scalar(byte)).quoted : "byte \(byte)"
  }

  mutating func next() -> UInt8? {
    guard position < text.count else { return nil }
    defer { position += 1 }
    return text[position]
  }

  /// Steps over white space, and over `token` if it comes next.
  mutating func accept(_ token: String) -> Bool {
    skipWhitespace()
    guard text[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  mutating func expect(_ token: String) throws(TensorFileError) {
    guard accept(token) else { throw error("expected '\(token)', found \(found)") }
  }

  mutating func expectEnd() throws(TensorFileError) {
    skipWhitespace()
    guard position == text.count else { throw error("expected nothing more, found \(found)") }
  }

  mutating func nonNegativeInteger() throws(TensorFileError) -> Int {
    skipWhitespace()
    guard let first = text[position...].first, isDigit(first) else {
      throw error("expected a non-negative integer, found \(found)")
    }
    let digits = String(decoding: run(while: isDigit), as: UTF8.self)
    guard first != UInt8(ascii: "0") || digits.count == 1 else {
      throw error("the integer \(digits.quoted) starts with a needless zero")
    }
    guard let value = Int(digits) else {
      throw error("the integer \(digits.quoted) exceeds \(Int.max)")
    }
    guard position == text.count || !".eE".utf8.contains(text[position]) else {
      throw error("expected an integer, found a fraction or an exponent")
    }
    return value
  }

  private mutating func skipWhitespace() {
    run { " \t\n\r".utf8.contains($0) }
  }

  @discardableResult
  private mutating func run(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let run = text[position...].prefix(while: belongs)
    position = run.endIndex
    return run
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
}
