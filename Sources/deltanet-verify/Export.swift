import ArgumentParser
import TensorFiles
import Terminal
import Verification

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write case files without results, for a kernel to fill.")

  @Option(help: "The 64-bit number that the inputs are derived from.")
  var seed: UInt64 = 1

  @Option(help: "The folder to write to; it is made where it does not exist.")
  var out: String

  func run() throws {
    try badInput {
      try makeFolder(out)
      for export in CaseExport.all {
        let path = "\(out)/\(export.name).safetensors"
        try export.inputs(seed: seed).write(safetensors: path)
        print(path)
      }
    }
  }
}
