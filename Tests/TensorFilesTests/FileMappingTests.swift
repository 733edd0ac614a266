import Foundation
import Glibc
import Testing

@testable import TensorFiles

struct FileMappingTests {
  @Test(arguments: [
    ("/", "/: is not a regular file"), ("/dev/zero", "/dev/zero: is not a regular file"),
    ("/no/such/file", "/no/such/file: cannot be opened: No such file or directory"),
  ])
  func pathsWithoutARegularFileAreRejected(path: String, message: String) throws {
    try expectError(message) { () throws(TensorFileError) in
      _ = try TensorFile(safetensors: path)
    }
  }

  @Test func aPipeIsRejectedWithoutWaiting() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      try expectError("pipe: is not a regular file") { () throws(TensorFileError) in
        _ = try StoredTensor(npy: path)
      }
    }
  }

  @Test func anEmptyFileIsRejected() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/empty"
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      try expectError("empty: is empty") { () throws(TensorFileError) in
        _ = try TensorFile(npz: path)
      }
    }
  }

  @Test func aMappedFileHasTheBytesOnDisk() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/bytes"
      let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * $0) }
      try replaceFile(at: path, with: [ByteSlice(bytes), ByteSlice([]), ByteSlice([1, 2])])
      let mapped = ByteSlice(try FileMapping(path: path))
      #expect(mapped.array() == bytes + [1, 2])
      #expect(mapped.slice(at: 9_999, count: 2)?.array() == [bytes[9_999], 1])
      #expect(mapped.slice(at: 9_999, count: 4) == nil)
      #expect(mapped.slice(at: 1, count: .max) == nil)
    }
  }
}
