import Foundation

/// A text of which kernels are put together.
struct KernelFile: Sendable {
  let name: String
  let text: String

  /// Those of the portable kernels in CUDA: the others are OpenCL's, the device's own, what measures or checks it, and the pipelined ones.
  static let portable = files { name in
    !name.contains("opencl")
      && !["device", "peak", "pipelined", "primitives"].contains { name.hasPrefix($0) }
  }

  /// Those of the pipelined kernels, but for what only says where things lie.
  static let pipelined = files { $0.hasPrefix("pipelined_") }

  /// From the sources.
  private static func files(_ isIncluded: (String) -> Bool) -> [KernelFile] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DeltaRuleGPU/Kernels")
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return names.filter(isIncluded).map { name in
      let url = folder.appending(path: name)
      return KernelFile(name: name, text: try! String(contentsOf: url, encoding: .utf8))
    }
  }

  /// The tables that kernels look something up in.
  static let tables: Set<String> = {
    let declarations = ["GLOBAL const OFFSET *", "GLOBAL const int *"]
    return Set(
      portable.flatMap { file in
        declarations.flatMap { file.text.split(separator: $0).dropFirst() }
          .map { rest in String(rest.prefix { $0.isLetter || $0 == "_" }) }
      })
  }()

  func words(_ bytes: Range<Int>) -> String {
    String(decoding: Array(text.utf8)[bytes], as: UTF8.self)
  }

  /// The line that a byte is in, counted from 1.
  func lineNumber(of byte: Int) -> Int {
    words(0..<byte).split(separator: "\n", omittingEmptySubsequences: false).count
  }

  /// What that line says.
  func line(of byte: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return String(lines[lineNumber(of: byte) - 1].drop { $0 == " " })
  }
}
