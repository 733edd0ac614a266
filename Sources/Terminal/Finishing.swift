package import ArgumentParser
import FoundationEssentials
import Glibc

/// Prints a verdict, writes it to `json` if asked to, and ends with the status that it deserves.
package func finish(
  _ text: String, json path: String?, _ json: () throws -> String, holds: Bool
) throws {
  try show(text)
  if let path { try writeWhole(try json(), to: path) }
  if !holds { throw ExitCode(1) }
}

/// Prints to standard output.
package func show(_ text: String) throws {
  guard write(text, to: STDOUT_FILENO) else {
    throw reportBadInput("standard output: cannot be written; free space, or send it elsewhere")
  }
}

/// Writes a file as a whole or not at all; what is no regular file, such as a pipe, is written to.
package func writeWhole(_ text: String, to path: String) throws {
  let target = URL(filePath: path).resolvingSymlinksInPath()
  let type = try? FileManager.default.attributesOfItem(atPath: target.path)[.type]
  let isReplaceable = (type as? FileAttributeType).map { $0 == .typeRegular } ?? true
  do {
    try Data(text.utf8).write(to: target, options: isReplaceable ? .atomic : [])
  } catch {
    throw reportBadInput("\(path): cannot be written; name a file in a folder that can be")
  }
}

/// Says on standard error what was wrong with the input, and gives the status to end with.
package func reportBadInput(_ message: String) -> ExitCode {
  let program = CommandLine.arguments.first?.split(separator: "/").last ?? ""
  write("\(program): \(message)\n", to: STDERR_FILENO)
  return ExitCode(2)
}

/// Writes all of a text to an open file.
///
/// - Returns: whether it could be written.
@discardableResult
package func write(_ text: String, to descriptor: Int32) -> Bool {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno != EINTR { return false }
    rest = rest.dropFirst(max(0, count))
  }
  return true
}
