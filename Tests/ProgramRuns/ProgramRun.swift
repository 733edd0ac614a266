import Foundation

/// A program of this package, run as its users run it.
package struct ProgramRun {
  package let status: Int32
  package let output: String
  package let errors: String

  /// - Precondition: what it prints fits into a pipe.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0])
      .deletingLastPathComponent().appending(path: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let outputBytes = output.fileHandleForReading.readDataToEndOfFile()
    let errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    status = process.terminationStatus
    self.output = String(decoding: outputBytes, as: UTF8.self)
    self.errors = String(decoding: errorBytes, as: UTF8.self)
  }
}
