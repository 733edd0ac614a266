extension TensorFile {
  /// Reads an npz archive, as numpy's `savez` writes it: npy files stored in a ZIP archive.
  ///
  /// A tensor has the name of its entry without `.npy`. Fortran order is converted as
  /// `StoredTensor.init(npy:)` does.
  ///
  /// - Parameter path: A regular file below 4 GiB.
  /// - Throws: `TensorFileError` if the file cannot be mapped, is no such archive, holds a
  ///   compressed entry or a wrong checksum, or an entry is not an npy file that can be read.
  /// - Complexity: O(*b*) for *b* bytes in the file, because of the checksums.
  public init(npz path: String) throws(TensorFileError) {
    try self.init(npz: ByteSlice(FileMapping(path: path)), file: path)
  }

  init(npz bytes: ByteSlice, file: String) throws(TensorFileError) {
    self.init()
    for entry in try ZipDirectory(bytes, file: file).entries {
      guard entry.name.hasSuffix(".npy") else {
        throw TensorFileError(
          file: file, problem: "entry \(entry.name.quoted) is not an npy file",
          remedy: "keep only .npy entries in the archive")
      }
      let name = String(entry.name.dropLast(4))
      var checksum = CRC32()
      checksum.update(entry.contents)
      guard checksum.value == entry.checksum else {
        throw TensorFileError(
          file: file, tensor: name,
          problem: "its bytes have CRC32 \(checksum.value), but the archive says \(entry.checksum)",
          remedy: "the file is damaged, write it again")
      }
      let tensor = try StoredTensor(npy: entry.contents, file: file, tensor: name)
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw TensorFileError(
          file: file, tensor: name, problem: "the archive has two entries of this name",
          remedy: "give each tensor its own name")
      }
    }
  }
}
