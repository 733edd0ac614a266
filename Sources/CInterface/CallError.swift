internal import CDeltaNet

/// Why a call was refused, and how to mend it.
struct CallError: Error {
  let status: deltanet_status
  let message: String

  /// - Parameters:
  ///   - problem: what is wrong with which argument, with the number.
  ///   - remedy: what to do about it.
  static func badArgument(_ problem: String, _ remedy: String) -> CallError {
    CallError(status: DELTANET_BAD_ARGUMENT, message: "\(problem); \(remedy)")
  }

  static func missing(_ name: String, _ remedy: String) -> CallError {
    badArgument("\(name) is null", remedy)
  }

  static func outOfMemory(_ what: String) -> CallError {
    CallError(
      status: DELTANET_OUT_OF_MEMORY,
      message: "there is no memory for \(what); use a smaller batch, or fewer threads")
  }
}

/// Runs a call, and keeps the message where it is refused.
func status(of call: () throws(CallError) -> Void) -> deltanet_status {
  do {
    try call()
    return DELTANET_OK
  } catch {
    keepErrorMessage(error.message)
    return error.status
  }
}
