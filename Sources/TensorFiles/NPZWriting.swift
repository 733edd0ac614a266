extension TensorFile {
  /// Writes an npz archive of uncompressed npy files, replacing any file at `path`.
  ///
  /// Entries lie in the order of their names and carry no date; equal tensor files give equal
  /// bytes. The file is written beside `path` under a temporary name and then renamed, so a failure
  /// leaves the old file as it was.
  ///
  /// - Throws: `TensorFileError` if there is metadata, for which npz has no place, if a tensor
  ///   cannot be written as npy or has a name of 64 KiB, if the archive reaches 4 GiB or 65535
  ///   tensors, or if the file system refuses.
  /// - Complexity: O(*b*) for *b* bytes of tensors, none of which is copied in memory.
  public func write(npz path: String) throws(TensorFileError) {
    try replaceFile(at: path, with: npzPieces(file: path))
  }

  /// The bytes of the file as consecutive pieces.
  func npzPieces(file: String) throws(TensorFileError) -> [ByteSlice] {
    guard metadata.isEmpty else {
      throw TensorFileError(
        file: file, problem: "npz has no place for metadata",
        remedy: "clear the metadata or write safetensors")
    }
    var archive = ZipWriter()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let entryName = "\(name).npy"
      guard entryName.utf8.count <= UInt16.max else {
        throw TensorFileError(
          file: file, tensor: name, problem: "its name takes \(name.utf8.count) bytes",
          remedy: "shorten it to less than 64 KiB")
      }
      let contents = try tensor.npyPieces(file: file, tensor: name)
      guard archive.append(contents, name: entryName) else {
        throw TensorFileError(
          file: file, tensor: name, problem: "the archive would reach 4 GiB or 65535 tensors",
          remedy: "split it or write safetensors")
      }
    }
    return archive.pieces
  }
}
