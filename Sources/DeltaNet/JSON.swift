import TensorFiles

/// Any JSON, its strings as UTF-8 and its members in the order of the file.
///
/// A `String` will not do for a token: canonically equivalent ones, such as the two ways to
/// write an é, are equal as strings and are different tokens.
enum JSON: Sendable {
  case null
  case flag(Bool)
  case number(Double)
  case string([UInt8])
  case list([JSON])
  case object([(key: [UInt8], value: JSON)])
}

/// Why bytes are no JSON, and where.
struct JSONError: Error {
  let problem: String
}

/// A strict reader of JSON that follows at most ``depthLimit`` values into one another.
struct JSONReader {
  static let depthLimit = 32

  private let text: [UInt8]
  private var position = 0

  /// - Throws: ``JSONError`` where `text` is no JSON, or is nested deeper than the limit.
  static func read(_ text: [UInt8]) throws(JSONError) -> JSON {
    var reader = JSONReader(text: text)
    do throws(Failure) {
      let value = try reader.value(depth: 0)
      guard reader.lookAhead() == nil else { throw Failure(problem: "something follows the end") }
      return value
    } catch {
      throw JSONError(problem: "no JSON at byte \(reader.position): \(error.problem)")
    }
  }

  private struct Failure: Error {
    let problem: String
  }

  private init(text: [UInt8]) { self.text = text }

  /// The next byte that is not white space.
  private mutating func lookAhead() -> UInt8? {
    while position < text.count, " \t\n\r".utf8.contains(text[position]) { position += 1 }
    return position < text.count ? text[position] : nil
  }

  private mutating func next() throws(Failure) -> UInt8 {
    guard position < text.count else { throw Failure(problem: "the text ends too early") }
    defer { position += 1 }
    return text[position]
  }

  private mutating func accept(_ byte: Unicode.Scalar) -> Bool {
    guard lookAhead() == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: Unicode.Scalar) throws(Failure) {
    guard accept(byte) else { throw Failure(problem: "'\(byte)' expected") }
  }

  private mutating func value(depth: Int) throws(Failure) -> JSON {
    guard depth < Self.depthLimit else {
      throw Failure(problem: "more than \(Self.depthLimit) values inside one another")
    }
    switch lookAhead().map({ Unicode.Scalar($0) }) {
    case "{": return try object(depth: depth)
    case "[": return try list(depth: depth)
    case "\"": return .string(try string())
    case "n": return try word("null", .null)
    case "t": return try word("true", .flag(true))
    case "f": return try word("false", .flag(false))
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws(Failure) -> JSON {
    guard text[position...].starts(with: word.utf8) else {
      throw Failure(problem: "a value expected")
    }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(Failure) -> JSON {
    let digits = text[position...].prefix { "+-.0123456789eE".utf8.contains($0) }
    guard let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else {
      throw Failure(problem: "a value expected")
    }
    position = digits.endIndex
    return .number(number)
  }

  private mutating func list(depth: Int) throws(Failure) -> JSON {
    try expect("[")
    if accept("]") { return .list([]) }
    var elements: [JSON] = []
    repeat { elements.append(try value(depth: depth + 1)) } while accept(",")
    try expect("]")
    return .list(elements)
  }

  private mutating func object(depth: Int) throws(Failure) -> JSON {
    try expect("{")
    if accept("}") { return .object([]) }
    var members: [(key: [UInt8], value: JSON)] = []
    var keys: Set<[UInt8]> = []
    repeat {
      let key = try string()
      guard keys.insert(key).inserted else {
        throw Failure(problem: "the key \(String(decoding: key, as: UTF8.self).quoted) again")
      }
      try expect(":")
      members.append((key, try value(depth: depth + 1)))
    } while accept(",")
    try expect("}")
    return .object(members)
  }

  private mutating func string() throws(Failure) -> [UInt8] {
    try expect("\"")
    var utf8: [UInt8] = []
    while true {
      switch try next() {
      case UInt8(ascii: "\""):
        guard String(validating: utf8, as: UTF8.self) != nil else {
          throw Failure(problem: "the string before is no UTF-8")
        }
        return utf8
      case UInt8(ascii: "\\"): utf8 += try escape()
      case 0..<0x20: throw Failure(problem: "a control character in a string")
      case let byte: utf8.append(byte)
      }
    }
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    switch Unicode.Scalar(try next()) {
    case "\"": return [0x22]
    case "\\": return [0x5C]
    case "/": return [0x2F]
    case "b": return [0x08]
    case "f": return [0x0C]
    case "n": return [0x0A]
    case "r": return [0x0D]
    case "t": return [0x09]
    case "u":
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), text[position...].starts(with: "\\u".utf8) {
        position += 2
        units.append(try codeUnit())
      }
      guard let string = String(validating: units, as: UTF16.self) else {
        throw Failure(problem: "half of a surrogate pair")
      }
      return Array(string.utf8)
    default: throw Failure(problem: "an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
        throw Failure(problem: "four hexadecimal digits expected after \\u")
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}

extension JSON {
  /// The members by their keys; nil of anything but an object.
  var object: [String: JSON]? {
    guard case .object(let members) = self else { return nil }
    return Dictionary(
      members.map { (String(decoding: $0.key, as: UTF8.self), $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  var string: String? {
    guard case .string(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  var integer: Int? {
    guard case .number(let number) = self else { return nil }
    return Int(exactly: number)
  }

  /// As an error says it.
  var summary: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .number(let number): integer.map { "\($0)" } ?? "\(number)"
    case .string: string?.quoted ?? ""
    case .list(let list): "a list of \(list.count)"
    case .object: "an object"
    }
  }
}

// MARK: To write

extension JSON: Encodable {
  static func string(_ string: String) -> JSON { .string(Array(string.utf8)) }

  /// Null where there is none.
  static func integer(_ integer: Int?) -> JSON { integer.map { .number(Double($0)) } ?? .null }

  static func object(_ members: [String: JSON]) -> JSON {
    .object(members.map { (Array($0.key.utf8), $0.value) })
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .flag(let flag): try container.encode(flag)
    case .number(let number):
      if let integer { try container.encode(integer) } else { try container.encode(number) }
    case .string: try container.encode(string)
    case .list(let list): try container.encode(list)
    case .object: try container.encode(object)
    }
  }
}
