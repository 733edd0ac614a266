internal import ArgumentParser
import Glibc

/// Turns whatever a body throws into bad input: one line on standard error, and status 2.
package func badInput<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch { throw asBadInput(error) }
}

/// The same, of a body that waits.
package func badInput<Result>(awaiting body: () async throws -> Result) async throws -> Result {
  do { return try await body() } catch { throw asBadInput(error) }
}

private func asBadInput(_ error: any Error) -> any Error {
  error is ExitCode || error is ValidationError ? error : reportBadInput("\(error)")
}

/// Says something on standard error.
package func tell(_ line: String) { write(line + "\n", to: STDERR_FILENO) }
