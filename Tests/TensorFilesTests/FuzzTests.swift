import Testing

@testable import TensorFiles

/// Reads files with random damage. Whatever the damage, the outcome must be an error of one line
/// or tensors that can be read in full and take no more bytes than the file.
struct FuzzTests {
  @Test(arguments: 0..<4 as Range<UInt64>)
  func damagedSafetensors(seed: UInt64) throws {
    let files = [
      TensorFile(metadata: ["k": "v\n\u{1}"], tensors: exampleTensors),
      TensorFile(tensors: exampleTensors.filter { $0.value.count < 3 }),
      TensorFile(metadata: ["layout": "BTHD", "scale": "1.0"]),
    ]
    var generator = SplitMix64(seed: seed)
    let examples = try files.map { try $0.safetensorsPieces(file: "f").joined }
    let outcome = fuzz(50_000, examples, using: &generator) { bytes, generator in
      // Most damage shifts the data; without a new header length, little else would be reached.
      if bytes.count >= 8, Bool.random(using: &generator) {
        let end = bytes[8...].lastIndex(of: UInt8(ascii: "}")) ?? 7
        bytes.replaceSubrange(0..<8, with: [UInt8](littleEndian: [UInt64(end - 7)]))
      }
    } read: { bytes throws(TensorFileError) in
      try TensorFile(safetensors: bytes, file: "f")
    }
    #expect(outcome.accepted > 1000)
    #expect(outcome.rejected > 1000)
  }

  @Test(arguments: 4..<6 as Range<UInt64>)
  func damagedNPY(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let examples =
      try NPZTests.tensors.values.map { try $0.npyPieces(file: "f").joined } + [
        npy(
          "{'descr': '<f2', 'fortran_order': True, 'shape': (3, 2)}", data: Array(0..<12),
          version: 3)
      ]
    let outcome = fuzz(
      40_000, examples.sorted { $0.lexicographicallyPrecedes($1) }, using: &generator
    ) { _, _ in
    } read: { bytes throws(TensorFileError) in
      TensorFile(tensors: ["f": try StoredTensor(npy: bytes, file: "f")])
    }
    #expect(outcome.accepted > 1000)
    #expect(outcome.rejected > 1000)
  }

  @Test(arguments: 6..<8 as Range<UInt64>)
  func damagedNPZ(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let files = [TensorFile(tensors: NPZTests.small), TensorFile(tensors: NPZTests.tensors)]
    let examples = try files.map { try $0.npzPieces(file: "f").joined }
    let outcome = fuzz(30_000, examples, using: &generator) { _, _ in
    } read: { bytes throws(TensorFileError) in
      try TensorFile(npz: bytes, file: "f")
    }
    #expect(outcome.accepted > 100)
    #expect(outcome.rejected > 1000)
  }

  private func fuzz(
    _ count: Int, _ examples: [[UInt8]], using generator: inout SplitMix64,
    mend: (inout [UInt8], inout SplitMix64) -> Void,
    read: (ByteSlice) throws(TensorFileError) -> TensorFile
  ) -> (accepted: Int, rejected: Int) {
    var outcome = (accepted: 0, rejected: 0)
    for _ in 0..<count {
      var bytes = examples.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &generator) { bytes.damage(using: &generator) }
      mend(&bytes, &generator)
      do {
        let file = try read(ByteSlice(bytes))
        outcome.accepted += 1
        if !isConsistent(file, byteCount: bytes.count) {
          Issue.record("accepted but inconsistent: \(bytes)")
        }
      } catch {
        outcome.rejected += 1
        if outcome.rejected.isMultiple(of: 16), error.description.utf8.contains(where: { $0 < 32 })
        {
          Issue.record("an error of more than one line: \(error)")
        }
      }
    }
    return outcome
  }

  private func isConsistent(_ file: TensorFile, byteCount: Int) -> Bool {
    var total = 0
    for tensor in file.tensors.values {
      total += tensor.bytes.count
      let doubles = tensor.doubles()
      let integers = tensor.integers()
      guard doubles != nil || integers != nil, doubles.map({ $0.count == tensor.count }) ?? true,
        integers.map({ $0.count == tensor.count }) ?? true,
        tensor.shape.reduce(1, *) == tensor.count
      else { return false }
    }
    return total <= byteCount
  }
}

extension [UInt8] {
  /// Bytes that mean something to at least one of the formats.
  private static let tokens: [[UInt8]] =
    [
      "{", "}", "[", "]", "(", ")", "\"", "'", ",", ":", "\\", "\\u", "\\ud800", "-", "0", "1.5",
      "9223372036854775807", "4294967296", "1e9", "true", "null", "True", "F64", "BF16", "<f8",
      "\"shape\"", "\"dtype\":\"I32\",", "__metadata__", "fortran_order", "PK",
    ].map { Array($0.utf8) } + [[0], [0xff], [0xff, 0xff, 0xff, 0xff], [0xc0, 0x80]]

  /// Makes one small change somewhere.
  fileprivate mutating func damage(using generator: inout SplitMix64) {
    let start = Int.random(in: 0...count, using: &generator)
    let end = Int.random(in: start...Swift.min(start + 8, count), using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0 where start < count: self[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where start < count: self[start] = UInt8.random(in: 0...255, using: &generator)
    case 2: removeSubrange(start..<end)
    case 3:
      insert(contentsOf: Array(self[start..<end]), at: Int.random(in: 0...count, using: &generator))
    case 4: replaceSubrange(start..<end, with: Self.tokens.randomElement(using: &generator) ?? [])
    case 5: insert(contentsOf: Self.tokens.randomElement(using: &generator) ?? [], at: start)
    case 6 where start < count:
      // The next digit, so that lengths and offsets are off by a little.
      if (0x30...0x39).contains(self[start]) { self[start] = 0x30 + (self[start] - 0x2f) % 10 }
    default:
      if Int.random(in: 0..<16, using: &generator) == 0 { removeSubrange(start...) }
    }
  }
}
