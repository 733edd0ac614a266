import CDeltaNet
import DeltaRule
import Dispatch
import Glibc
import TensorFiles
import Testing

/// A case of one token, filled by hand: S = kᵀ β v, o = q S.
private func caseFile(o: Double) -> TensorFile {
  func tensor(_ values: [Double], _ shape: [Int]) -> StoredTensor {
    StoredTensor(doubles: values, shape: shape, as: .f64)
  }
  return TensorFile(
    metadata: ["scale": "1"],
    tensors: [
      "q": tensor([3, 1], [1, 1, 1, 2]), "k": tensor([1, 0], [1, 1, 1, 2]),
      "v": tensor([5], [1, 1, 1, 1]), "beta": tensor([0.5], [1, 1, 1]),
      "o": tensor([o], [1, 1, 1, 1]),
    ])
}

/// What `deltanet_check` says, from a thread that may wait.
private func check(_ path: String?) async -> (status: deltanet_status, text: String?, error: String)
{
  await withCheckedContinuation { continuation in
    DispatchQueue.global().async {
      var text: UnsafeMutablePointer<CChar>?
      let status = path.map { deltanet_check($0, &text) } ?? deltanet_check(nil, &text)
      let answer = (status, text.map { String(cString: $0) }, errorMessage)
      deltanet_free(text)
      continuation.resume(returning: answer)
    }
  }
}

@Suite("The C interface judges case files")
struct CheckTests {
  /// A verdict on a file, which is there for so long.
  private func verdict(o: Double) async throws -> (
    status: deltanet_status, text: String?, error: String
  ) {
    let path = "/tmp/deltanet-check-\(getpid())-\(o).safetensors"
    defer { unlink(path) }
    try caseFile(o: o).write(safetensors: path)
    return await check(path)
  }

  @Test
  func right() async throws {
    let verdict = try await verdict(o: 7.5)
    #expect(verdict.status == DELTANET_OK, "\(verdict.error)")
    #expect(verdict.text?.contains(": right\n") == true)
  }

  @Test
  func wrong() async throws {
    let verdict = try await verdict(o: 7.25)
    #expect(verdict.status == DELTANET_WRONG, "\(verdict.error)")
    #expect(verdict.text?.contains("o[0, 0, 0, 0] = 7.25, exactly 7.5") == true)
  }

  @Test
  func unreadable() async {
    let verdict = await check("/nowhere.safetensors")
    #expect(verdict.status == DELTANET_UNREADABLE && verdict.text == nil)
    #expect(verdict.error.hasPrefix("/nowhere.safetensors: "))
  }

  @Test
  func noPath() async {
    let verdict = await check(nil)
    #expect(verdict.status == DELTANET_BAD_ARGUMENT && verdict.text == nil)
    #expect(verdict.error.hasPrefix("path is null"))
    let invalid: [CChar] = [-1, 0]
    #expect(deltanet_check(invalid, nil) == DELTANET_BAD_ARGUMENT)
    #expect(errorMessage.hasPrefix("path is not UTF-8"))
  }

  @Test
  func version() { #expect(deltanet_version() == DELTANET_VERSION) }
}
