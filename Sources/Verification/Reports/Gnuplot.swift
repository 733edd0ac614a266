public import Foundation

/// The program that draws plots.
public struct Gnuplot: Sendable {
  private let executable: URL

  /// Looks for it along a list of folders, such as the variable PATH holds.
  ///
  /// - Throws: ``GnuplotError/missing`` where it is in none of them.
  public init(path: String) throws(GnuplotError) {
    let found = path.split(separator: ":").map { URL(filePath: "\($0)/gnuplot") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    guard let found else { throw .missing }
    executable = found
  }

  /// The picture that a script draws on its standard output.
  ///
  /// - Throws: ``GnuplotError/failed(_:)`` where there is none.
  public func picture(_ script: String) throws -> Data {
    // Files, not pipes: nobody need read and write at the same time.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output, errors) = (
      folder.appending(path: "script"), folder.appending(path: "picture"),
      folder.appending(path: "errors")
    )
    try Data(script.utf8).write(to: input)
    try Data().write(to: output)
    try Data().write(to: errors)
    let process = Process()
    process.executableURL = executable
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    let picture = try Data(contentsOf: output)
    guard process.terminationStatus == 0, !picture.isEmpty else {
      let complaints = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
      let line = complaints.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
      throw GnuplotError.failed(line.map { $0.trimmingCharacters(in: .whitespaces) } ?? "")
    }
    return picture
  }
}

/// Why a plot was not drawn.
public enum GnuplotError: Error, Equatable, CustomStringConvertible {
  case missing
  /// With what gnuplot said last.
  case failed(String)

  public var description: String {
    switch self {
    case .missing:
      "gnuplot: not found along PATH; install it ('apt-get install gnuplot-nox'), or leave out --plot"
    case .failed(let line): "gnuplot: drew nothing: \(line)"
    }
  }
}
