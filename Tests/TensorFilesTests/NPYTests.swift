import Testing

@testable import TensorFiles

struct NPYTests {
  static let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"

  @Test(arguments: exampleTensors.filter { $0.value.elementType != .bf16 }.map(\.key))
  func tensorsSurviveTheRoundTrip(name: String) throws {
    let tensor = try #require(exampleTensors[name])
    try withTemporaryFolder { folder in
      let path = "\(folder)/case.npy"
      try tensor.write(npy: path)
      #expect(identical(try StoredTensor(npy: path), tensor))
    }
  }

  @Test func bytesAreThoseOfNumpy() throws {
    let tensor = StoredTensor(integers: [1, 2], shape: [2, 1], as: .i32)
    let dictionary = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1), }"
    let padded = dictionary + String(repeating: " ", count: 117 - dictionary.utf8.count) + "\n"
    let expected = npy(padded, data: [1, 0, 0, 0, 2, 0, 0, 0])
    #expect(try tensor.npyPieces(file: "f").joined == expected)
  }

  @Test(arguments: 1...3 as ClosedRange<UInt8>)
  func everyVersionIsRead(version: UInt8) throws {
    let bytes = npy(Self.header + "\n", data: [0, 0, 0x80, 0x3f], version: version)
    #expect(try StoredTensor(npy: ByteSlice(bytes), file: "f").doubles() == [1])
  }

  @Test func fortranOrderBecomesRowMajor() throws {
    let header = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 2)}\n"
    let columnMajor = (0..<12).map { Int32($0) }
    let bytes = ByteSlice(npy(header, data: [UInt8](littleEndian: columnMajor)))
    let tensor = try StoredTensor(npy: bytes, file: "f")
    #expect(tensor.shape == [2, 3, 2])
    #expect(tensor.integers() == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
  }

  @Test(arguments: ["()", "(0,)", "(3, 0, 2)", "(1, 1)"])
  func fortranOrderOfSmallShapesIsRead(shape: String) throws {
    let header = "{\"descr\": '<i8', 'fortran_order': True, 'shape': \(shape),}"
    let data = shape.contains("0") ? [] : [UInt8](littleEndian: [-5])
    let tensor = try StoredTensor(npy: ByteSlice(npy(header, data: data)), file: "f")
    #expect(tensor.integers() == (shape.contains("0") ? [] : [-5]))
  }

  static let hostileFiles: [(bytes: [UInt8], message: String)] = [
    ([], "case.npy: does not start as an npy array; write it with numpy.save or numpy.savez"),
    (Array("\u{93}NUMPY".utf8), "does not start as an npy array"),
    (NPYHeader.magic + [4, 0, 0, 0], "npy version 4.0 is unknown"),
    (NPYHeader.magic + [1, 1, 0, 0], "npy version 1.1 is unknown"),
    (NPYHeader.magic + [2, 0, 0, 0], "ends within its header length"),
    (NPYHeader.magic + [3, 0, 255, 255, 255, 255], "header length 4294967295 exceeds 10000 bytes"),
    (NPYHeader.magic + [1, 0, 9, 0], "its header ends at byte 19, but the file at 10"),
    (npy(header), "shape [1] of F32 takes 4 bytes, but 0 follow the header"),
    (npy(header, data: [1, 2, 3, 4, 5]), "takes 4 bytes, but 5 follow the header"),
    (npy("{'descr': '>f4'"), "unsupported descr '>f4'; convert it to one of <f8, <f4, <f2"),
    (npy("{'descr': '|O'"), "unsupported descr '|O'"),
    (npy("{'descr': [('a', '<f4')]"), "expected a string, found '['"),
    (npy("{'descr': '\u{7f}'"), "a string holds the byte 127"),
    (npy("{'descr': 'é'"), "a string holds the byte 195"),
    (npy("{'descr': '<f4"), "a string has no closing quote"),
    (npy("{'descr': '<f4', 'descr': '<f4'"), "the key 'descr' appears twice"),
    (npy("{'fortran_order': 0"), "expected True or False, found '0'"),
    (npy("{'fortran_order': Falsehood}"), "expected '}', found 'h'"),
    (npy("{'shape': (3)"), "expected ',', found ')'"),
    (npy("{'shape': (-1,)"), "expected a non-negative integer, found '-'"),
    (npy("{'shape': (1.5,)"), "expected an integer, found a fraction"),
    (npy("{'shape': (99999999999999999999,)"), "exceeds 9223372036854775807"),
    (npy("{'shape': (((((((((((,)"), "expected a non-negative integer, found '('"),
    (npy("{'shape': (1,), 'x': 1}"), "unknown key 'x'"),
    (npy("{'shape': (1,)}"), "its header lacks a key; write descr, fortran_order and shape"),
    (npy(header + "x"), "expected nothing more, found 'x'"),
    (
      npy("{'descr': '<f8', 'fortran_order': True, 'shape': (4294967296, 4294967296)}"),
      "shape [4294967296, 4294967296] of F64 takes more than 9223372036854775807 bytes"
    ),
    (
      npy(
        "{'descr': '<f8', 'fortran_order': True, 'shape': ("
          + String(repeating: "1, ", count: 65) + ")}", data: [0, 0, 0, 0, 0, 0, 0, 0]),
      "its shape has 65 extents; write at most 64"
    ),
  ]

  @Test(arguments: hostileFiles)
  func isRejected(bytes: [UInt8], message: String) throws {
    try expectError(message) { () throws(TensorFileError) in
      _ = try StoredTensor(npy: ByteSlice(bytes), file: "case.npy")
    }
  }

  @Test func everyTruncationIsRejected() throws {
    let bytes = npy(Self.header, data: [1, 2, 3, 4])
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) {
        try StoredTensor(npy: ByteSlice(Array(bytes[..<count])), file: "f")
      }
    }
  }

  @Test func whatNumpyLacksIsNotWritten() throws {
    let bfloat = StoredTensor(doubles: [1], shape: [1], as: .bf16)
    try expectError("f: npy has no descr for BF16; convert it to F32") {
      () throws(TensorFileError) in _ = try bfloat.npyPieces(file: "f")
    }
    let deep = StoredTensor(doubles: [1], shape: Array(repeating: 1, count: 65), as: .f32)
    try expectError("its shape has 65 extents; reshape it") {
      () throws(TensorFileError) in _ = try deep.npyPieces(file: "f")
    }
  }
}
