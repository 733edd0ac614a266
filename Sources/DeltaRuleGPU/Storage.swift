/// How q, k, v, β, o and their gradients lie in a device's memory. States, and all sums, are float32.
public enum Storage: String, CaseIterable, Sendable {
  case float32 = "f32"
  case float16 = "f16"
  case bfloat16 = "bf16"

  /// Bytes of one number.
  public var byteCount: Int { self == .float32 ? 4 : 2 }

  /// How the kernels' texts call it.
  var constant: String {
    switch self {
    case .float32: "FLOAT32"
    case .float16: "FLOAT16"
    case .bfloat16: "BFLOAT16"
    }
  }
}

extension Storage {
  /// Numbers as they are stored, rounded to nearest, ties to even.
  package func bytes(of numbers: [Float]) -> [UInt8] {
    switch self {
    case .float32: numbers.withUnsafeBytes { Array($0) }
    case .float16: numbers.map { Float16($0) }.withUnsafeBytes { Array($0) }
    case .bfloat16: numbers.map { bfloat(nearest: $0) }.withUnsafeBytes { Array($0) }
    }
  }

  /// The numbers that are stored in `bytes`.
  func numbers(in bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { bytes in
      switch self {
      case .float32: Array(bytes.bindMemory(to: Float.self))
      case .float16: bytes.bindMemory(to: Float16.self).map { Float($0) }
      case .bfloat16:
        bytes.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
      }
    }
  }
}

private func bfloat(nearest x: Float) -> UInt16 {
  guard !x.isNaN else { return 0x7fc0 }
  let bits = x.bitPattern
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
}
