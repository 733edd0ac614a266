import DeltaRule

/// Where the sequences of a batch, and their chunks, lie: what kernels look up.
///
/// A batch of B rows is the same memory as B sequences packed one after another.
struct ChunkTable {
  /// Chunks of all sequences.
  let count: Int
  /// [N + 1] 64-bit numbers: the token that each sequence begins with.
  let sequences: DeviceBuffer
  /// [N + 1]: the chunk that each sequence begins with.
  let firstChunk: DeviceBuffer
  /// For each chunk its sequence.
  let sequenceOfChunk: DeviceBuffer

  init(_ shape: BatchShape, chunk: Int, on device: Device) throws {
    let boundaries = shape.boundaries ?? (0...shape.batch).map { $0 * shape.length }
    let counts = zip(boundaries.dropFirst(), boundaries).map { ($0 - $1 + chunk - 1) / chunk }
    let first = counts.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + Int32($1)) }
    count = counts.reduce(0, +)
    sequences = try device.buffer(of: boundaries.map(Int64.init))
    firstChunk = try device.buffer(of: first)
    sequenceOfChunk = try device.buffer(
      of: counts.enumerated().flatMap { Array(repeating: Int32($0), count: $1) })
  }
}

extension Device {
  /// A buffer that holds an array.
  package func buffer<Element: BitwiseCopyable>(of elements: [Element]) throws -> DeviceBuffer {
    let buffer = try buffer(byteCount: elements.count * MemoryLayout<Element>.stride)
    try elements.withUnsafeBytes { try buffer.upload($0, on: defaultStream) }
    return buffer
  }
}
