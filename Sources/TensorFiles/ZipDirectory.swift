/// The files in a ZIP archive of stored (uncompressed) entries.
struct ZipDirectory {
  struct Entry {
    let name: String
    let checksum: UInt32
    let contents: ByteSlice

    /// Where the entry's local header starts and its contents end in the archive.
    fileprivate let extent: Range<Int>
  }

  /// The entries in the order of their contents, which do not overlap.
  let entries: [Entry]

  /// Reads the directory at the end of the archive; checksums are left to the caller.
  init(_ archive: ByteSlice, file: String) throws(TensorFileError) {
    let endOffset = archive.count - ZipFormat.endSize
    guard let end = archive.slice(at: endOffset, count: ZipFormat.endSize),
      end.integer(at: 0) == ZipFormat.endSignature
    else {
      throw damage("no ZIP directory at its end", file: file)
    }
    let entryCount = Int(end.integer(at: 10, as: UInt16.self))
    let size = Int(end.integer(at: 12, as: UInt32.self))
    let start = Int(end.integer(at: 16, as: UInt32.self))
    guard entryCount < ZipFormat.entryLimit, start < ZipFormat.byteLimit else {
      throw TensorFileError(
        file: file, problem: "is a zip64 archive, of 4 GiB or 65535 arrays or more",
        remedy: "split it or use safetensors")
    }
    guard start + size == endOffset else {
      throw damage("a ZIP directory at \(start) of \(size) bytes, not at its end", file: file)
    }

    var entries: [Entry] = []
    var offset = start
    for _ in 0..<entryCount {
      guard let record = archive.slice(at: offset, count: ZipFormat.recordSize),
        record.integer(at: 0) == ZipFormat.recordSignature
      else {
        throw damage("no ZIP directory record at byte \(offset)", file: file)
      }
      entries.append(try Entry(record, at: offset, in: archive, file: file))
      for position in [28, 30, 32] {
        offset += Int(record.integer(at: position, as: UInt16.self))
      }
      offset += ZipFormat.recordSize
    }
    guard offset == endOffset else {
      throw damage("\(entryCount) ZIP records that end at \(offset), not \(endOffset)", file: file)
    }

    entries.sort { $0.extent.lowerBound < $1.extent.lowerBound }
    for (entry, next) in zip(entries, entries.dropFirst())
    where entry.extent.upperBound > next.extent.lowerBound {
      throw damage("entries \(entry.name.quoted) and \(next.name.quoted) that overlap", file: file)
    }
    if let last = entries.last, last.extent.upperBound > start {
      throw damage("entry \(last.name.quoted), which overlaps the ZIP directory", file: file)
    }
    self.entries = entries
  }
}

extension ZipDirectory.Entry {
  fileprivate init(
    _ record: ByteSlice, at offset: Int, in archive: ByteSlice, file: String
  ) throws(TensorFileError) {
    let flags = record.integer(at: 8, as: UInt16.self)
    let method = record.integer(at: 10, as: UInt16.self)
    let size = Int(record.integer(at: 24, as: UInt32.self))
    let nameLength = Int(record.integer(at: 28, as: UInt16.self))
    let localOffset = Int(record.integer(at: 42, as: UInt32.self))
    guard let nameBytes = archive.slice(at: offset + ZipFormat.recordSize, count: nameLength),
      let name = String(validating: nameBytes.array(), as: UTF8.self)
    else {
      throw damage("a ZIP entry at byte \(offset) whose name is not UTF-8", file: file)
    }
    guard flags & 1 == 0 else {
      throw TensorFileError(
        file: file, problem: "entry \(name.quoted) is encrypted", remedy: "save it in the clear")
    }
    guard method == 0 else {
      throw TensorFileError(
        file: file, problem: "entry \(name.quoted) is compressed",
        remedy: "save with numpy.savez, not numpy.savez_compressed")
    }
    // Of the local header only its length matters: the directory has already told the sizes, so
    // the zip64 record that numpy puts there is stepped over.
    guard let local = archive.slice(at: localOffset, count: ZipFormat.localSize),
      local.integer(at: 0) == ZipFormat.localSignature
    else {
      throw damage("no entry \(name.quoted) at byte \(localOffset)", file: file)
    }
    let start =
      localOffset + ZipFormat.localSize + Int(local.integer(at: 26, as: UInt16.self))
      + Int(local.integer(at: 28, as: UInt16.self))
    guard let contents = archive.slice(at: start, count: size) else {
      throw damage("entry \(name.quoted) of \(size) bytes, cut short", file: file)
    }
    self.init(
      name: name, checksum: record.integer(at: 16), contents: contents,
      extent: localOffset..<start + size)
  }
}

private func damage(_ problem: String, file: String) -> TensorFileError {
  TensorFileError(
    file: file, problem: "has \(problem)",
    remedy: "the file is damaged or not an npz archive, write it again with numpy.savez")
}
