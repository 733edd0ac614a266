public import CDeltaNet
internal import Dispatch
internal import Glibc
internal import TensorFiles
internal import Verification

@c @implementation
public func deltanet_check(
  _ path: UnsafePointer<CChar>?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> deltanet_status {
  text?.pointee = nil
  var isRight = true
  let status = status { () throws(CallError) in
    guard let path else { throw .missing("path", "name a case file") }
    guard let path = String(validatingCString: path) else {
      throw .badArgument("path is not UTF-8", "rename the file")
    }
    let judgement = try judgement(of: path)
    isRight = judgement.isRight
    guard let text else { return }
    text.pointee = strdup(judgement.text)
    if text.pointee == nil { throw .outOfMemory("the verdict") }
  }
  return status == DELTANET_OK && !isRight ? DELTANET_WRONG : status
}

@c @implementation
public func deltanet_free(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

private func judgement(of path: String) throws(CallError) -> Judgement {
  let done = DispatchSemaphore(value: 0)
  nonisolated(unsafe) var outcome: Result<Judgement, any Error>?
  Task.detached {
    do {
      outcome = .success(try await Judgement(of: CaseFile(path: path)))
    } catch {
      outcome = .failure(error)
    }
    done.signal()
  }
  done.wait()
  switch outcome {
  case .success(let judgement): return judgement
  case .failure(let error): throw CallError(status: DELTANET_UNREADABLE, message: "\(error)")
  case nil: throw CallError(status: DELTANET_UNREADABLE, message: "\(path): nothing came of it")
  }
}
