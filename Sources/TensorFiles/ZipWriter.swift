/// A ZIP archive of stored (uncompressed) entries in the making.
struct ZipWriter {
  private var contents: [ByteSlice] = []
  private var directory: [UInt8] = []
  private var entryCount = 0
  private var offset = 0

  /// The bytes of the archive as consecutive pieces.
  var pieces: [ByteSlice] {
    var end: [UInt8] = []
    end.append(littleEndian: ZipFormat.endSignature)
    end.append(littleEndian: 0 as UInt32)  // this disk and the disk of the directory
    end.append(littleEndian: UInt16(entryCount))  // on this disk
    end.append(littleEndian: UInt16(entryCount))  // on all disks
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(offset))
    end.append(littleEndian: 0 as UInt16)  // length of the comment
    return contents + [ByteSlice(directory + end)]
  }

  /// Appends a file, or returns false if the archive would then need zip64 records.
  ///
  /// - Precondition: `name` takes less than 64 KiB.
  mutating func append(_ file: [ByteSlice], name: String) -> Bool {
    let size = file.map(\.count).reduce(0, +)
    let end = offset + ZipFormat.localSize + name.utf8.count + size
    guard end < ZipFormat.byteLimit, entryCount + 1 < ZipFormat.entryLimit else { return false }
    var checksum = CRC32()
    for piece in file { checksum.update(piece) }

    var description: [UInt8] = []
    description.append(littleEndian: 20 as UInt16)  // version 2.0 of the format
    description.append(littleEndian: 0x0800 as UInt16)  // names are UTF-8
    description.append(littleEndian: 0 as UInt16)  // stored
    description.append(littleEndian: 0x0021_0000 as UInt32)  // midnight on 1 January 1980
    description.append(littleEndian: checksum.value)
    description.append(littleEndian: UInt32(size))  // as stored
    description.append(littleEndian: UInt32(size))  // as restored
    description.append(littleEndian: UInt16(name.utf8.count))
    description.append(littleEndian: 0 as UInt16)  // length of the extra field

    var local: [UInt8] = []
    local.append(littleEndian: ZipFormat.localSignature)
    local += description + name.utf8
    contents += [ByteSlice(local)] + file

    directory.append(littleEndian: ZipFormat.recordSignature)
    directory.append(littleEndian: 20 as UInt16)  // made by version 2.0
    directory += description
    directory += [UInt8](repeating: 0, count: 10)  // no comment, first disk, no attributes
    directory.append(littleEndian: UInt32(offset))
    directory += name.utf8
    offset = end
    entryCount += 1
    return true
  }
}
