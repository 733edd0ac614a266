import FoundationEssentials
import Reporting
import Subprocess
import SystemPackage

/// The program that draws plots.
package struct Gnuplot: Sendable {
  private let executable: FilePath

  /// Looks for it along a list of folders, such as the variable PATH holds.
  ///
  /// - Throws: ``GnuplotError/missing`` where it is in none of them.
  package init(path: String) throws(GnuplotError) {
    let found = path.split(separator: ":").map { "\($0)/gnuplot" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let found else { throw .missing }
    executable = FilePath(found)
  }

  /// That which the variable PATH leads to.
  ///
  /// - Throws: ``GnuplotError/missing``.
  package init() throws(GnuplotError) {
    try self.init(path: ProcessInfo.processInfo.environment["PATH"] ?? "")
  }

  /// Draws a script's picture into a file, as a whole; where that cannot be, it is bad input.
  package func draw(_ script: String, to path: String) async throws {
    let picture: [UInt8]
    do { picture = try await self.picture(script) } catch { throw reportBadInput("\(error)") }
    do { try Data(picture).write(to: URL(filePath: path), options: .atomic) } catch {
      throw reportBadInput("\(path): cannot be written; name a file in a folder that can be")
    }
  }

  /// The picture that a script draws on its standard output.
  ///
  /// - Throws: ``GnuplotError/failed(_:)`` where there is none.
  package func picture(_ script: String) async throws(GnuplotError) -> [UInt8] {
    // In a file, not through a pipe: a gnuplot that gives up early would break it.
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let (succeeded, picture, complaints): (Bool, [UInt8], String)
    do {
      try Data(script.utf8).write(to: file)
      let drawn = try await run(
        .path(executable), arguments: [file.path], output: .bytes(limit: 1 << 26),
        error: .string(limit: 1 << 20))
      (succeeded, picture, complaints) = (
        drawn.terminationStatus.isSuccess, drawn.standardOutput, drawn.standardError
      )
    } catch {
      throw .failed("\(error)")
    }
    guard succeeded, !picture.isEmpty else {
      let line = complaints.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
      throw .failed(line?.trimmed ?? "")
    }
    return picture
  }
}

/// Why a plot was not drawn.
package enum GnuplotError: Error, Equatable, CustomStringConvertible {
  case missing
  /// With what gnuplot said last.
  case failed(String)

  package var description: String {
    switch self {
    case .missing:
      "gnuplot: not found along PATH; install it ('apt-get install gnuplot-nox'), or draw nothing"
    case .failed(let line): "gnuplot: drew nothing: \(line)"
    }
  }
}
