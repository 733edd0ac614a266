import Foundation
import Testing

@testable import TensorFiles

struct SafetensorsTests {
  @Test func tensorsAndMetadataSurviveTheRoundTrip() throws {
    let file = TensorFile(
      metadata: ["layout": "BTHD", "quote\"\\": "tab\t, nul\0, emoji 🙂"], tensors: exampleTensors)
    try withTemporaryFolder { folder in
      let path = "\(folder)/case.safetensors"
      try file.write(safetensors: path)
      let read = try TensorFile(safetensors: path)
      #expect(read.metadata == file.metadata)
      #expect(read.tensors.keys == file.tensors.keys)
      for (name, tensor) in file.tensors {
        #expect(identical(read.tensors[name], tensor))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["case.safetensors"])
    }
  }

  @Test func tensorsOutliveTheReplacedFile() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/case.safetensors"
      try TensorFile(tensors: exampleTensors).write(safetensors: path)
      let read = try TensorFile(safetensors: path)
      try TensorFile().write(safetensors: path)
      #expect(try TensorFile(safetensors: path).tensors.isEmpty)
      for (name, tensor) in exampleTensors {
        #expect(identical(read.tensors[name], tensor))
      }
    }
  }

  @Test func bytesAreDeterministicSortedAndPadded() throws {
    let file = TensorFile(
      metadata: ["b": "2", "a": "1\u{1f}"],
      tensors: [
        "y": StoredTensor(integers: [1], shape: [1], as: .i32),
        "x": StoredTensor(doubles: [1, 2], shape: [2, 1], as: .bf16),
      ])
    let header =
      #"{"__metadata__":{"a":"1\u001f","b":"2"},"#
      + #""x":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"#
      + #""y":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(
      try file.safetensorsPieces(file: "f").joined
        == [UInt8](littleEndian: [UInt64(padded.utf8.count)]) + padded.utf8
        + [0x80, 0x3f, 0x00, 0x40, 1, 0, 0, 0])
  }

  @Test func escapesInNamesAreResolved() throws {
    let header =
      #"{"\u00e9\ud83d\ude00\/\b\f\n\r\t\\\"":{"dtype":"F32","shape":[0],"#
      + #""data_offsets":[0,0]}}"#
    let file = try TensorFile(safetensors: ByteSlice(safetensors(header)), file: "f")
    #expect(Array(file.tensors.keys) == ["é😀/\u{8}\u{c}\n\r\t\\\""])
  }

  @Test func aFailedWriteLeavesTheFolderAsItWas() throws {
    try withTemporaryFolder { folder in
      let target = "\(folder)/occupied"
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
      try expectError("occupied: cannot be written: Is a directory") { () throws(TensorFileError) in
        try TensorFile().write(safetensors: target)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["occupied"])
      try expectError("No such file or directory") { () throws(TensorFileError) in
        try TensorFile().write(safetensors: "\(folder)/missing/file")
      }
    }
  }

  @Test func theMetadataKeyIsNoTensorName() throws {
    let tensor = StoredTensor(doubles: [], shape: [0], as: .f32)
    try expectError("tensor '__metadata__'") { () throws(TensorFileError) in
      _ = try TensorFile(tensors: ["__metadata__": tensor]).safetensorsPieces(file: "f")
    }
  }
}
