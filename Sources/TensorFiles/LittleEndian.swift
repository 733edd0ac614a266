// Every format of this module stores numbers least significant byte first, at any offset.

extension RawSpan {
  /// The little-endian integer at `offset`, which need not be aligned; traps when out of bounds.
  func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Integer.Type = Integer.self
  ) -> Integer {
    Integer(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }
}

extension ByteSlice {
  /// The little-endian integer at `offset`, which need not be aligned; traps when out of bounds.
  func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Integer.Type = Integer.self
  ) -> Integer {
    withSpan { $0.integer(at: offset) }
  }
}

extension [UInt8] {
  init(littleEndian integers: [some FixedWidthInteger]) {
    self = integers.map(\.littleEndian).withUnsafeBytes { [UInt8]($0) }
  }

  mutating func append(littleEndian integer: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
  }
}
