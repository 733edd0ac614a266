import Glibc

/// A whole regular file mapped read-only into memory, unmapped when its last user lets go.
final class FileMapping: Sendable {
  // Safe to share: nothing writes through the pointer, and it is valid as long as `self`.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  var count: Int { bytes.count }

  init(path: String) throws(TensorFileError) {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TensorFileError(
        file: path, problem: "cannot be opened: \(systemErrorMessage())",
        remedy: "name a file that exists and can be read")
    }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw TensorFileError(
        file: path, problem: "is not a regular file",
        remedy: "name a file, not a folder, pipe or device")
    }
    guard status.st_size > 0 else {
      throw TensorFileError(file: path, problem: "is empty", remedy: "write the file again")
    }
    let count = Int(status.st_size)
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else {
      throw TensorFileError(
        file: path, problem: "cannot be mapped into memory: \(systemErrorMessage())",
        remedy: "free address space or copy the file to a local disk")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}

/// The bytes of a whole regular file.
///
/// - Throws: ``TensorFileError`` if it cannot be mapped.
package func contents(ofFile path: String) throws(TensorFileError) -> [UInt8] {
  let mapping = try FileMapping(path: path)
  return withExtendedLifetime(mapping) { Array($0.bytes) }
}
