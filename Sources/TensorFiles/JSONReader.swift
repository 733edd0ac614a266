// The part of JSON that a safetensors header is made of, read strictly and without recursion:
// whoever calls says which value comes next, so nesting beyond the format is an unexpected token.

extension HeaderScanner {
  /// Reads an object, calling `member` before each value; no key may appear twice.
  mutating func jsonObject(
    member: (inout HeaderScanner, _ key: String) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    var keys: Set<String> = []
    try jsonList(from: "{", to: "}") { scanner throws(TensorFileError) in
      let key = try scanner.jsonString()
      guard keys.insert(key).inserted else {
        throw scanner.error("the key \(key.quoted) appears twice", remedy: "write each key once")
      }
      try scanner.expect(":")
      try member(&scanner, key)
    }
  }

  mutating func jsonIntegers() throws(TensorFileError) -> [Int] {
    var integers: [Int] = []
    try jsonList(from: "[", to: "]") { scanner throws(TensorFileError) in
      integers.append(try scanner.nonNegativeInteger())
    }
    return integers
  }

  mutating func jsonString() throws(TensorFileError) -> String {
    guard accept("\"") else { throw error("expected a string, found \(found)") }
    var utf8: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: utf8, as: UTF8.self) else {
          throw error("the string before it is not valid UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): utf8 += try jsonEscape().utf8
      case 0..<0x20: throw error("a string holds the raw control character \(byte)")
      default: utf8.append(byte)
      }
    }
    throw error("a string has no closing quote")
  }

  private mutating func jsonList(
    from open: String, to close: String,
    element: (inout HeaderScanner) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    try expect(open)
    if accept(close) { return }
    repeat { try element(&self) } while accept(",")
    try expect(close)
  }

  /// Reads what follows a backslash.
  private mutating func jsonEscape() throws(TensorFileError) -> String {
    switch next().map({ Unicode.Scalar($0) }) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      var codeUnits = [try jsonCodeUnit()]
      if UTF16.isLeadSurrogate(codeUnits[0]), next() == UInt8(ascii: "\\"),
        next() == UInt8(ascii: "u")
      {
        codeUnits.append(try jsonCodeUnit())
      }
      guard let string = String(validating: codeUnits, as: UTF16.self) else {
        throw error("a string holds half of a surrogate pair")
      }
      return string
    default: throw error("a string holds an unknown escape")
    }
  }

  private mutating func jsonCodeUnit() throws(TensorFileError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
