/// The sizes and signatures of the records of a ZIP archive.
///
/// An archive is entries, each with a local header, then the directory with a record for each
/// entry, then the end record.
enum ZipFormat {
  static let localSize = 30
  static let localSignature: UInt32 = 0x0403_4b50
  static let recordSize = 46
  static let recordSignature: UInt32 = 0x0201_4b50
  static let endSize = 22
  static let endSignature: UInt32 = 0x0605_4b50

  /// Numbers from these on are told in zip64 records, which this module neither reads nor writes.
  static let byteLimit = Int(UInt32.max)
  static let entryLimit = Int(UInt16.max)
}
