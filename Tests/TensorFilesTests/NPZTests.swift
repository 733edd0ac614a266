import Testing

@testable import TensorFiles

struct NPZTests {
  static let tensors = exampleTensors.filter { $0.value.elementType != .bf16 }
  static let small = ["a": StoredTensor(integers: [7], shape: [1], as: .i32)]

  @Test func tensorsSurviveTheRoundTrip() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/case.npz"
      try TensorFile(tensors: Self.tensors).write(npz: path)
      let read = try TensorFile(npz: path)
      #expect(read.metadata.isEmpty)
      #expect(read.tensors.keys == Self.tensors.keys)
      for (name, tensor) in Self.tensors {
        #expect(identical(read.tensors[name], tensor))
      }
    }
  }

  @Test func anArchiveWithoutTensorsIsRead() throws {
    let bytes = try TensorFile().npzPieces(file: "f").joined
    #expect(bytes.count == ZipFormat.endSize)
    #expect(try TensorFile(npz: ByteSlice(bytes), file: "f").tensors.isEmpty)
  }

  @Test func checksumIsThatOfZip() {
    var checksum = CRC32()
    checksum.update(ByteSlice(Array("1234".utf8)))
    checksum.update(ByteSlice(Array("56789".utf8)))
    #expect(checksum.value == 0xCBF4_3926)
  }

  /// `numpy.savez` gives each local header, but not the directory, a zip64 record of 20 bytes.
  @Test func zip64RecordsInLocalHeadersAreSteppedOver() throws {
    var bytes = try TensorFile(tensors: Self.small).npzPieces(file: "f").joined
    let record =
      [UInt8](littleEndian: [1, 16] as [UInt16]) + [UInt8](littleEndian: [132, 132] as [UInt64])
    bytes.replaceSubrange(18..<26, with: repeatElement(0xff, count: 8))
    bytes[28] = UInt8(record.count)
    bytes.insert(contentsOf: record, at: ZipFormat.localSize + "a.npy".utf8.count)
    bytes[bytes.count - 6] += UInt8(record.count)
    #expect(try TensorFile(npz: ByteSlice(bytes), file: "f").tensors["a"]?.integers() == [7])
  }

  /// A place in the archive of `small` counted from its end, the bytes to put there, and the error.
  static let hostileChanges: [(offset: Int, bytes: [UInt8], message: String)] = [
    (-22, [0], "case.npz: has no ZIP directory at its end; the file is damaged"),
    (-12, [0xff, 0xff], "is a zip64 archive, of 4 GiB or 65535 arrays or more; split it"),
    (-6, [0xff, 0xff, 0xff, 0xff], "is a zip64 archive"),
    (-6, [0], "has a ZIP directory at 0 of 51 bytes, not at its end"),
    (-12, [2], "has no ZIP directory record at byte 218"),
    (-12, [0], "has 0 ZIP records that end at 167, not 218"),
    (-73, [0], "has no ZIP directory record at byte 167"),
    (-65, [1], "entry 'a.npy' is encrypted"),
    (-63, [8], "entry 'a.npy' is compressed; save with numpy.savez, not numpy.savez_compressed"),
    (-57, [0, 0, 0, 0], "but the archive says 0; the file is damaged"),
    (-49, [0xff, 0xff], "has entry 'a.npy' of 65535 bytes, cut short"),
    (-49, [200], "has entry 'a.npy', which overlaps the ZIP directory"),
    (-49, [131], "tensor 'a': its bytes have CRC32"),
    (-45, [0xff, 0xff], "whose name is not UTF-8"),
    (-27, [0xff], "whose name is not UTF-8"),
    (-27, [0x1b, 0x0a], "entry '\\u{1b}\\u{a}npy' is not an npy file"),
    (-24, [0x78], "entry 'a.nxy' is not an npy file"),
    (-31, [1], "has no entry 'a.npy' at byte 1"),
    (-31, [0xff, 0xff, 0xff, 0xff], "has no entry 'a.npy' at byte 4294967295"),
    (-240, [0], "has no entry 'a.npy' at byte 0"),
  ]

  @Test(arguments: hostileChanges)
  func isRejected(offset: Int, replacement: [UInt8], message: String) throws {
    var bytes = try TensorFile(tensors: Self.small).npzPieces(file: "f").joined
    let start = bytes.count + offset
    bytes.replaceSubrange(start..<start + replacement.count, with: replacement)
    try expectError(message) { () throws(TensorFileError) in
      _ = try TensorFile(npz: ByteSlice(bytes), file: "case.npz")
    }
  }

  @Test func entriesOfOneNameAreRejected() throws {
    let contents = try #require(Self.small["a"]).npyPieces(file: "f")
    var archive = ZipWriter()
    _ = archive.append(contents, name: "a.npy")
    _ = archive.append(contents, name: "a.npy")
    try expectError("tensor 'a': the archive has two entries of this name") {
      () throws(TensorFileError) in
      _ = try TensorFile(npz: ByteSlice(archive.pieces.joined), file: "f")
    }
  }

  @Test func entriesInOnePlaceAreRejected() throws {
    let contents = try #require(Self.small["a"]).npyPieces(file: "f")
    var archive = ZipWriter()
    _ = archive.append(contents, name: "a.npy")
    _ = archive.append(contents, name: "b.npy")
    var bytes = archive.pieces.joined
    let secondOffset = bytes.count - ZipFormat.endSize - "b.npy".utf8.count - 4
    bytes.replaceSubrange(secondOffset..<secondOffset + 4, with: [0, 0, 0, 0])
    try expectError("that overlap") { () throws(TensorFileError) in
      _ = try TensorFile(npz: ByteSlice(bytes), file: "f")
    }
  }

  @Test func everyTruncationIsRejected() throws {
    let bytes = try TensorFile(tensors: Self.tensors).npzPieces(file: "f").joined
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) {
        try TensorFile(npz: ByteSlice(Array(bytes[..<count])), file: "f")
      }
    }
  }

  @Test func whatNPZLacksIsNotWritten() throws {
    try expectError("f: npz has no place for metadata; clear") { () throws(TensorFileError) in
      _ = try TensorFile(metadata: ["k": "v"]).npzPieces(file: "f")
    }
    try expectError("f: tensor 'bf16': npy has no descr for BF16") { () throws(TensorFileError) in
      _ = try TensorFile(tensors: exampleTensors).npzPieces(file: "f")
    }
    let name = String(repeating: "n", count: 1 << 16)
    try expectError("its name takes 65536 bytes; shorten") { () throws(TensorFileError) in
      let tensor = StoredTensor(doubles: [], shape: [0], as: .f32)
      _ = try TensorFile(tensors: [name: tensor]).npzPieces(file: "f")
    }
  }
}
