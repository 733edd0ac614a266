import Glibc

/// Writes `pieces` end to end into a temporary file beside `path`, then renames it to `path`.
///
/// On failure the temporary file is removed, and a file already at `path` stays as it was.
func replaceFile(at path: String, with pieces: [ByteSlice]) throws(TensorFileError) {
  let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
  let temporary = "\(folder).\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
  do {
    try write(pieces, toNewFile: temporary)
    try check(rename(temporary, path))
  } catch {
    unlink(temporary)
    throw TensorFileError(
      file: path, problem: "cannot be written: \(error.message)",
      remedy: "check that its folder exists, can be written to and has room")
  }
}

private struct SystemFailure: Error {
  let message = systemErrorMessage()
}

@discardableResult
private func check<Result: SignedInteger>(_ result: Result) throws(SystemFailure) -> Result {
  guard result >= 0 else { throw SystemFailure() }
  return result
}

private func write(_ pieces: [ByteSlice], toNewFile path: String) throws(SystemFailure) {
  let descriptor = try check(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
  defer { close(descriptor) }
  for piece in pieces {
    try piece.withSpan { span throws(SystemFailure) in
      var written = 0
      while written < span.byteCount {
        let rest = span.extracting(written...)
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        written += try check(count)
      }
    }
  }
  try check(fsync(descriptor))
}
