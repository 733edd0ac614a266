#if MPI
  import Glibc

  /// Ends the process where `body`, in which MPI waits without a limit, takes longer than `seconds`.
  func limited<Result>(to seconds: UInt32, _ body: () throws -> Result) rethrows -> Result {
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
