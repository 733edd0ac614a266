extension TensorFile {
  /// Reads a safetensors file.
  ///
  /// The file is checked in full: a header of strict JSON with no key twice and no field beyond
  /// `dtype`, `shape` and `data_offsets`, and tensors that fill the data without overlap or hole.
  ///
  /// - Parameter path: A regular file with a header of at most 100 MB.
  /// - Throws: `TensorFileError` if the file cannot be mapped, breaks a rule of the format, or
  ///   holds a dtype that `ElementType` lacks.
  /// - Complexity: O(*h* + *n* log *n*) for a header of *h* bytes and *n* tensors; the elements
  ///   are left unread.
  public init(safetensors path: String) throws(TensorFileError) {
    try self.init(safetensors: ByteSlice(FileMapping(path: path)), file: path)
  }

  init(safetensors bytes: ByteSlice, file: String) throws(TensorFileError) {
    guard bytes.count >= 8 else {
      throw TensorFileError(
        file: file, problem: "holds \(bytes.count) bytes, but its header length alone takes 8",
        remedy: "the file is cut short, write it again")
    }
    let length = bytes.integer(at: 0, as: UInt64.self)
    guard length <= SafetensorsHeader.maximumLength else {
      throw TensorFileError(
        file: file,
        problem: "header length \(length) exceeds \(SafetensorsHeader.maximumLength) bytes",
        remedy: "check that this is a safetensors file")
    }
    guard let text = bytes.slice(at: 8, count: Int(length)),
      let data = bytes.slice(at: 8 + text.count, count: bytes.count - 8 - text.count)
    else {
      throw TensorFileError(
        file: file, problem: "header length \(length), but only \(bytes.count - 8) bytes follow it",
        remedy: "the file is cut short or not a safetensors file, write it again")
    }

    let header = try SafetensorsHeader(text, file: file)
    self.init(metadata: header.metadata)
    var end = 0
    for entry in header.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      tensors[entry.name] = try StoredTensor(entry, in: data, file: file)
      guard entry.begin == end else {
        throw entry.error(
          file: file,
          entry.begin < end
            ? "overlap another tensor, which ends at \(end)"
            : "leave a hole after byte \(end)",
          remedy: "write tensors end to end")
      }
      end = entry.end
    }
    guard end == data.count else {
      throw TensorFileError(
        file: file, problem: "holds \(data.count) bytes of data, but its tensors end at \(end)",
        remedy: "cut the file or describe all of its data")
    }
  }
}

extension StoredTensor {
  fileprivate init(
    _ entry: SafetensorsHeader.Entry, in data: ByteSlice, file: String
  ) throws(TensorFileError) {
    let type = entry.elementType
    guard let byteCount = type.byteCount(shape: entry.shape) else {
      throw TensorFileError(
        file: file, tensor: entry.name,
        problem: "shape \(entry.shape.shapeDescription) of \(type.rawValue) takes more than "
          + "\(Int.max) bytes",
        remedy: "write a shape that fits the data")
    }
    guard entry.begin <= entry.end else {
      throw entry.error(file: file, "end before they begin", remedy: "write [begin, end]")
    }
    guard entry.end - entry.begin == byteCount else {
      throw entry.error(
        file: file,
        "hold \(entry.end - entry.begin) bytes, but shape \(entry.shape.shapeDescription) of "
          + "\(type.rawValue) takes \(byteCount)",
        remedy: "write offsets that match the shape")
    }
    guard let bytes = data.slice(at: entry.begin, count: byteCount) else {
      throw entry.error(
        file: file, "go beyond the data, which ends at \(data.count)",
        remedy: "the file is cut short, write it again")
    }
    self.init(elementType: type, shape: entry.shape, bytes: bytes)
  }
}

extension SafetensorsHeader.Entry {
  fileprivate func error(file: String, _ fault: String, remedy: String) -> TensorFileError {
    TensorFileError(
      file: file, tensor: name, problem: "data_offsets [\(begin), \(end)] \(fault)",
      remedy: remedy)
  }
}
