internal import ArgumentParser
import Glibc

/// Turns whatever a body throws into bad input: one line on standard error, and status 2.
package func badInput<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let code as ExitCode { throw code } catch let error
    as ValidationError
  {
    throw error
  } catch { throw reportBadInput("\(error)") }
}

/// Says something on standard error.
package func tell(_ line: String) { write(line + "\n", to: STDERR_FILENO) }
