import ArgumentParser
import DeltaNet
import Terminal

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show a model's layers, its parameters and what it takes to run it; only headers are read.")

  @Argument(help: "The checkpoint's folder.")
  var folder: String

  @Option(help: "Also write the result to this file.")
  var json: String?

  func run() throws {
    let summary = CheckpointSummary(try badInput { try Checkpoint(folder: folder) })
    try finish(summary.text, json: json, summary.json, holds: true)
  }
}
