import FoundationEssentials

/// Makes a folder where there is none.
///
/// - Throws: `TensorFileError` where the file system refuses.
package func makeFolder(_ folder: String) throws(TensorFileError) {
  do {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  } catch {
    throw TensorFileError(
      file: folder, problem: "cannot be made", remedy: "name a folder where one can be")
  }
}
