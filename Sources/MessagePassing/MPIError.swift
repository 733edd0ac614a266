#if MPI
  internal import COpenMPI

  /// A call of MPI that did not do what it was asked to.
  public enum MPIError: Error, Equatable, CustomStringConvertible {
    /// A call failed.
    case failed(call: String, reason: String)
    /// A call did not end in time.
    case late(call: String, limit: Duration)

    public var description: String {
      switch self {
      case .failed(let call, let reason): "\(call): \(reason)"
      case .late(let call, let limit):
        "\(call) did not end within \(limit): another rank has ended, hangs, or makes other calls"
      }
    }
  }

  /// A count as MPI takes it.
  ///
  /// - Throws: ``MPIError/failed(call:reason:)`` where it is too large.
  func number(_ count: Int, for call: String) throws(MPIError) -> Int32 {
    guard let number = Int32(exactly: count) else {
      throw .failed(call: call, reason: "\(count) is more than it can count; take smaller parts")
    }
    return number
  }

  /// - Throws: ``MPIError/failed(call:reason:)`` where `code`, which `call` returned, is no success.
  func check(_ call: String, _ code: Int32) throws(MPIError) {
    guard code != MPI_SUCCESS else { return }
    var length: Int32 = 0
    let reason = String(unsafeUninitializedCapacity: Int(MPI_MAX_ERROR_STRING)) { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        guard MPI_Error_string(code, text.baseAddress, &length) == MPI_SUCCESS else { return 0 }
        return Int(length)
      }
    }
    throw .failed(call: call, reason: reason.isEmpty ? "error \(code)" : reason)
  }
#endif
