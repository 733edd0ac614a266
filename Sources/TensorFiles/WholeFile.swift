import Glibc

/// All bytes of a regular file.
///
/// - Throws: `TensorFileError` where it cannot be read, or has more bytes than the limit.
package func bytes(ofFile path: String, limit: Int) throws(TensorFileError) -> [UInt8] {
  let mapping = try FileMapping(path: path)
  guard mapping.count <= limit else {
    throw TensorFileError(
      file: path, problem: "has \(mapping.count) bytes, above \(limit)",
      remedy: "check that this is the file that it is called")
  }
  return ByteSlice(mapping).array()
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Writes a file beside `path`, and renames it: whoever reads finds the old bytes or the new ones.
///
/// - Throws: `TensorFileError`.
package func write(_ bytes: [UInt8], toFile path: String) throws(TensorFileError) {
  try replaceFile(at: path, with: [ByteSlice(bytes)])
}
