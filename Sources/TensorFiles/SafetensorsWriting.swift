extension TensorFile {
  /// Writes a safetensors file, replacing any file at `path`.
  ///
  /// Tensors lie in the order of their names, and the header is padded with spaces to a multiple
  /// of 8 bytes; equal tensor files give equal bytes. The file is written beside `path` under a
  /// temporary name and then renamed, so a failure leaves the old file as it was.
  ///
  /// - Throws: `TensorFileError` if a tensor is named `__metadata__`, the header exceeds 100 MB,
  ///   or the file system refuses.
  /// - Complexity: O(*b*) for *b* bytes of tensors, none of which is copied in memory.
  public func write(safetensors path: String) throws(TensorFileError) {
    try replaceFile(at: path, with: safetensorsPieces(file: path))
  }

  /// The bytes of the file as consecutive pieces.
  func safetensorsPieces(file: String) throws(TensorFileError) -> [ByteSlice] {
    guard tensors[SafetensorsHeader.metadataKey] == nil else {
      throw TensorFileError(
        file: file, tensor: SafetensorsHeader.metadataKey,
        problem: "the format keeps this name for its metadata", remedy: "rename the tensor")
    }
    let tensors = tensors.sorted { $0.key < $1.key }
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\($0.jsonLiteral):\($1.jsonLiteral)" }
      members.append("\"\(SafetensorsHeader.metadataKey)\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for (name, tensor) in tensors {
      let begin = end
      end += tensor.bytes.count
      members.append(
        """
        \(name.jsonLiteral):{"dtype":"\(tensor.elementType.rawValue)",\
        "shape":[\(tensor.shape.map(String.init).joined(separator: ","))],\
        "data_offsets":[\(begin),\(end)]}
        """)
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    guard text.count <= SafetensorsHeader.maximumLength else {
      throw TensorFileError(
        file: file,
        problem: "its header takes \(text.count) bytes, above \(SafetensorsHeader.maximumLength)",
        remedy: "split the tensors over several files")
    }
    let length = [UInt8](littleEndian: [UInt64(text.count)])
    return [ByteSlice(length + text)] + tensors.map(\.value.bytes)
  }
}

extension String {
  /// The text as a JSON string, with only the escapes that JSON demands.
  fileprivate var jsonLiteral: String {
    let escaped = unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return "\"\(escaped)\""
  }
}
