/// A run of bytes that keeps its memory, owned or mapped from a file, alive by reference.
struct ByteSlice: Sendable {
  private enum Storage: Sendable {
    case owned([UInt8])
    case mapped(FileMapping)
  }

  private let storage: Storage
  private let range: Range<Int>

  init(_ bytes: [UInt8]) {
    storage = .owned(bytes)
    range = bytes.indices
  }

  init(_ mapping: FileMapping) {
    storage = .mapped(mapping)
    range = 0..<mapping.count
  }

  private init(_ storage: Storage, _ range: Range<Int>) {
    self.storage = storage
    self.range = range
  }

  var count: Int { range.count }

  /// The `count` bytes from `offset`, sharing memory with `self`; `nil` unless all are inside.
  func slice(at offset: Int, count: Int) -> ByteSlice? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      return nil
    }
    let start = range.lowerBound + offset
    return ByteSlice(storage, start..<start + count)
  }

  func withSpan<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .owned(let bytes): try body(bytes.span.bytes.extracting(range))
    case .mapped(let mapping):
      try withExtendedLifetime(mapping) { () throws(Failure) in
        try body(mapping.bytes.bytes.extracting(range))
      }
    }
  }

  func array() -> [UInt8] {
    withSpan { span in span.withUnsafeBytes(Array.init) }
  }
}
