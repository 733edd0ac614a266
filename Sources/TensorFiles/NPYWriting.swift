extension StoredTensor {
  /// Writes an npy file of version 1.0 in row-major order, replacing any file at `path`.
  ///
  /// The file is written beside `path` under a temporary name and then renamed, so a failure
  /// leaves the old file as it was.
  ///
  /// - Throws: `TensorFileError` for BF16, which npy cannot describe, for more than 64 extents, or
  ///   if the file system refuses.
  /// - Complexity: O(`count`).
  public func write(npy path: String) throws(TensorFileError) {
    try replaceFile(at: path, with: npyPieces(file: path))
  }

  /// The bytes of the file as consecutive pieces.
  func npyPieces(file: String, tensor: String? = nil) throws(TensorFileError) -> [ByteSlice] {
    guard let descr = elementType.npyDescription else {
      throw TensorFileError(
        file: file, tensor: tensor, problem: "npy has no descr for \(elementType.rawValue)",
        remedy: "convert it to F32 or write safetensors")
    }
    guard shape.count <= NPYHeader.maximumRank else {
      throw TensorFileError(
        file: file, tensor: tensor, problem: "its shape has \(shape.count) extents",
        remedy: "reshape it to at most \(NPYHeader.maximumRank) or write safetensors")
    }
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let dictionary = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)), }"
    // numpy pads so that the elements, after 10 more bytes and a newline, start at a multiple of 64.
    let padding = String(repeating: " ", count: 63 - (dictionary.utf8.count + 10) % 64)
    let text = Array("\(dictionary)\(padding)\n".utf8)
    let start = NPYHeader.magic + [1, 0] + [UInt8](littleEndian: [UInt16(text.count)])
    return [ByteSlice(start + text), bytes]
  }
}
