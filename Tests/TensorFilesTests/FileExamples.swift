import Foundation

@testable import TensorFiles

/// A safetensors file of the given header text, zeros for data, and perhaps a false header length.
func safetensors(_ header: String, dataCount: Int = 0, length: UInt64? = nil) -> [UInt8] {
  safetensors(Array(header.utf8), dataCount: dataCount, length: length)
}

func safetensors(_ header: [UInt8], dataCount: Int = 0, length: UInt64? = nil) -> [UInt8] {
  [UInt8](littleEndian: [length ?? UInt64(header.count)]) + header
    + [UInt8](repeating: 0, count: dataCount)
}

/// An npy file of the given dictionary text and elements.
func npy(_ dictionary: String, data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
  var bytes = NPYHeader.magic + [version, 0]
  if version == 1 {
    bytes.append(littleEndian: UInt16(dictionary.utf8.count))
  } else {
    bytes.append(littleEndian: UInt32(dictionary.utf8.count))
  }
  return bytes + dictionary.utf8 + data
}

extension [ByteSlice] {
  /// All pieces as one array.
  var joined: [UInt8] { flatMap { $0.array() } }
}

/// A tensor of each element type, one without elements, and one without extents.
let exampleTensors: [String: StoredTensor] = [
  "f64": StoredTensor(
    doubles: [.pi, -0.0, .leastNonzeroMagnitude, .infinity, -1, 1e300], shape: [2, 3], as: .f64),
  "f32": StoredTensor(doubles: [0.5, -1.25], shape: [2, 1, 1], as: .f32),
  "f16": StoredTensor(doubles: [65504, 0x1p-24, -2], shape: [3], as: .f16),
  "bf16": StoredTensor(doubles: [1, 0x1p-133, 0x1.fep127], shape: [1, 3], as: .bf16),
  "i64": StoredTensor(integers: [.min, .max], shape: [2], as: .i64),
  "i32": StoredTensor(integers: [-0x8000_0000, 0x7fff_ffff, 3], shape: [3], as: .i32),
  "empty": StoredTensor(doubles: [], shape: [4, 0, 2], as: .f32),
  "scalar \"é\n": StoredTensor(doubles: [42], shape: [], as: .f64),
]

/// Runs `body` with the path of a new folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// Whether two tensors have the same type, shape and bytes.
func identical(_ first: StoredTensor?, _ second: StoredTensor?) -> Bool {
  first?.elementType == second?.elementType && first?.shape == second?.shape
    && first?.bytes.array() == second?.bytes.array()
}
