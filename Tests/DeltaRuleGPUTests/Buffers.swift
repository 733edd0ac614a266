import Glibc
import Testing

@testable import DeltaRuleGPU

extension Device {
  func buffer(_ values: [Float]) throws -> DeviceBuffer {
    let buffer = try buffer(byteCount: 4 * values.count)
    try values.withUnsafeBytes { try buffer.upload($0, on: defaultStream) }
    return buffer
  }
}

extension DeviceBuffer {
  func floats(on stream: DeltaRuleGPU.Stream) throws -> [Float] {
    var values = [Float](repeating: .nan, count: byteCount / 4)
    try values.withUnsafeMutableBytes { try download(into: $0, on: stream) }
    return values
  }
}

/// What is thrown, in words.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was thrown"
  } catch { return "\(error)" }
}

/// A folder that is there for the time of the call.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var name = Array("/tmp/deltanet-XXXXXX".utf8CString)
  let folder = try #require(mkdtemp(&name).map { String(cString: $0) })
  defer { remove(folder) }
  return try body(folder)
}

private func remove(_ path: String) {
  for name in names(in: path) { remove("\(path)/\(name)") }
  if rmdir(path) != 0 { unlink(path) }
}

/// The names in a folder, in order; none where it is no folder.
func names(in folder: String) -> [String] {
  guard let entries = opendir(folder) else { return [] }
  defer { closedir(entries) }
  var names: [String] = []
  while let entry = readdir(entries) {
    names.append(
      withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      })
  }
  return names.filter { $0 != "." && $0 != ".." }.sorted()
}
