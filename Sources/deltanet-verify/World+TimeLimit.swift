#if MPI
  import ArgumentParser
  import Glibc
  import MessagePassing
  import Terminal

  extension World {
    /// MPI, started; bad input where that fails, or takes longer than it may wait.
    static func started(timeLimit seconds: UInt32) throws -> World {
      try badInput { try limited(to: seconds) { try World(timeLimit: .seconds(seconds)) } }
    }

    /// Ends MPI; bad input where that fails, or takes longer than it may wait.
    func finish() throws {
      try badInput { try limited(to: UInt32(timeLimit.components.seconds)) { try end() } }
    }

    /// Says what was wrong, and ends all ranks with status 2.
    func leave(after error: any Error) -> Never {
      let code = reportBadInput("rank \(rank): \(error)").rawValue
      // What this rank waited for others wait for, too: they may say so.
      sleep(1)
      abort(status: code)
    }
  }

  /// Ends the process where `body`, in which MPI waits without a limit, takes longer than `seconds`.
  private func limited<Result>(to seconds: UInt32, _ body: () throws -> Result) rethrows -> Result {
    signal(SIGALRM) { _ in
      let line: StaticString = """
        deltanet-verify: MPI did not start, or end, within the time limit: another rank has ended, or hangs

        """
      _ = Glibc.write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
      _exit(2)
    }
    alarm(seconds)
    defer { alarm(0) }
    return try body()
  }
#endif
