/// The checksum of ZIP archives (reflected polynomial 0xEDB88320) over bytes given in pieces.
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320
    }
  }

  private var state = UInt32.max

  var value: UInt32 { ~state }

  mutating func update(_ bytes: ByteSlice) {
    let table = Self.table
    var state = state
    bytes.withSpan { span in
      for offset in span.byteOffsets {
        let index = UInt8(truncatingIfNeeded: state) ^ span.integer(at: offset, as: UInt8.self)
        state = state >> 8 ^ table[Int(index)]
      }
    }
    self.state = state
  }
}
