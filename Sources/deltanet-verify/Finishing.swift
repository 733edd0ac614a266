import ArgumentParser
import Foundation

/// Prints a verdict, writes it to `json` if asked to, and ends with the status that it deserves.
func finish(
  _ text: String, json path: String?, _ json: () throws -> String, holds: Bool
) throws {
  print(text, terminator: "")
  if let path {
    do {
      try json().write(to: URL(filePath: path), atomically: true, encoding: .utf8)
    } catch {
      throw BadInput("\(path): cannot be written; \(error.localizedDescription)")
    }
  }
  if !holds { throw ExitCode(1) }
}

/// Ends the program with status 2 and one line on standard error.
func BadInput(_ message: String) -> ExitCode {
  FileHandle.standardError.write(Data("deltanet-verify: \(message)\n".utf8))
  return ExitCode(2)
}
