/// What an npy file says before its elements.
struct NPYHeader {
  let elementType: ElementType
  let shape: [Int]
  let isFortranOrder: Bool

  /// Where the elements start.
  let byteCount: Int

  /// The first six bytes of every npy file.
  static let magic: [UInt8] = [0x93] + "NUMPY".utf8

  /// The longest dictionary, in bytes, that numpy itself reads without being told to trust it.
  static let maximumLength = 10_000

  /// The most extents that numpy handles.
  static let maximumRank = 64

  init(_ bytes: ByteSlice, file: String, tensor: String?) throws(TensorFileError) {
    func error(_ problem: String, _ remedy: String) -> TensorFileError {
      TensorFileError(file: file, tensor: tensor, problem: problem, remedy: remedy)
    }

    guard let start = bytes.slice(at: 0, count: 8)?.array(), start.starts(with: Self.magic) else {
      throw error("does not start as an npy array", "write it with numpy.save or numpy.savez")
    }
    guard (1...3).contains(start[6]), start[7] == 0 else {
      throw error("npy version \(start[6]).\(start[7]) is unknown", "write version 1.0, 2.0 or 3.0")
    }
    let lengthSize = start[6] == 1 ? 2 : 4
    guard let lengthBytes = bytes.slice(at: 8, count: lengthSize) else {
      throw error("ends within its header length", "the file is cut short, write it again")
    }
    let length =
      lengthSize == 2
      ? Int(lengthBytes.integer(at: 0, as: UInt16.self))
      : Int(lengthBytes.integer(at: 0, as: UInt32.self))
    guard length <= Self.maximumLength else {
      throw error(
        "header length \(length) exceeds \(Self.maximumLength) bytes",
        "check that this is an npy file of numbers")
    }
    byteCount = 8 + lengthSize + length
    guard let text = bytes.slice(at: 8 + lengthSize, count: length) else {
      throw error(
        "its header ends at byte \(byteCount), but the file at \(bytes.count)",
        "the file is cut short, write it again")
    }

    var elementType: ElementType?
    var shape: [Int]?
    var isFortranOrder: Bool?
    var scanner = HeaderScanner(text, file: file, tensor: tensor)
    try scanner.pythonDictionary { scanner, key throws(TensorFileError) in
      switch key {
      case "descr": elementType = try scanner.elementType()
      case "fortran_order": isFortranOrder = try scanner.pythonBool()
      case "shape": shape = try scanner.pythonIntegers()
      default:
        throw scanner.error(
          "unknown key \(key.quoted)", remedy: "keep only descr, fortran_order and shape")
      }
    }
    try scanner.expectEnd()
    guard let elementType, let shape, let isFortranOrder else {
      throw error("its header lacks a key", "write descr, fortran_order and shape")
    }
    guard shape.count <= Self.maximumRank else {
      throw error("its shape has \(shape.count) extents", "write at most \(Self.maximumRank)")
    }
    self.elementType = elementType
    self.shape = shape
    self.isFortranOrder = isFortranOrder
  }
}

extension ElementType {
  /// What numpy calls the type; BF16 is unknown to it.
  var npyDescription: String? {
    switch self {
    case .f64: "<f8"
    case .f32: "<f4"
    case .f16: "<f2"
    case .bf16: nil
    case .i64: "<i8"
    case .i32: "<i4"
    }
  }
}

extension HeaderScanner {
  fileprivate mutating func elementType() throws(TensorFileError) -> ElementType {
    let description = try pythonString()
    guard let type = ElementType.allCases.first(where: { $0.npyDescription == description }) else {
      let supported = ElementType.allCases.compactMap(\.npyDescription).joined(separator: ", ")
      throw error(
        "unsupported descr \(description.quoted)", remedy: "convert it to one of \(supported)")
    }
    return type
  }
}
