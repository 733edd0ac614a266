/// What the header of a safetensors file says, before it is held against the data.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let elementType: ElementType
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  /// The longest header, in bytes, that the reference implementation reads.
  static let maximumLength = 100_000_000

  /// The key that no tensor can have for a name.
  static let metadataKey = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [Entry] = []

  init(_ text: ByteSlice, file: String) throws(TensorFileError) {
    var scanner = HeaderScanner(text, file: file)
    guard text.slice(at: 0, count: 1)?.integer(at: 0) == UInt8(ascii: "{") else {
      throw scanner.error("expected '{', found \(scanner.found)")
    }
    try scanner.jsonObject { scanner, name throws(TensorFileError) in
      if name == Self.metadataKey {
        try scanner.jsonObject { scanner, key throws(TensorFileError) in
          metadata[key] = try scanner.jsonString()
        }
      } else {
        scanner.tensor = name
        entries.append(try Entry(name: name, from: &scanner))
        scanner.tensor = nil
      }
    }
    try scanner.expectEnd()
  }
}

extension SafetensorsHeader.Entry {
  fileprivate init(name: String, from scanner: inout HeaderScanner) throws(TensorFileError) {
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.jsonObject { scanner, field throws(TensorFileError) in
      switch field {
      case "dtype": elementType = try scanner.elementType()
      case "shape": shape = try scanner.jsonIntegers()
      case "data_offsets": offsets = try scanner.jsonIntegers()
      default:
        throw scanner.error(
          "unknown field \(field.quoted)", remedy: "keep only dtype, shape and data_offsets")
      }
    }
    guard let elementType, let shape, let offsets else {
      throw scanner.error(
        "the entry before it lacks a field", remedy: "write dtype, shape and data_offsets")
    }
    guard offsets.count == 2 else {
      throw scanner.error(
        "data_offsets before it hold \(offsets.count) numbers", remedy: "write two, begin and end")
    }
    self.init(
      name: name, elementType: elementType, shape: shape, begin: offsets[0], end: offsets[1])
  }
}

extension HeaderScanner {
  fileprivate mutating func elementType() throws(TensorFileError) -> ElementType {
    let name = try jsonString()
    guard let type = ElementType(rawValue: name) else {
      let supported = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw error("unsupported dtype \(name.quoted)", remedy: "convert it to one of \(supported)")
    }
    return type
  }
}
