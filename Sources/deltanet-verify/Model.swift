import ArgumentParser
import DeltaNet
import Terminal

struct Model: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare a checkpoint's logits, loss and gradients with those that are expected.",
    discussion: """
      The folder has Hugging Face's layout, of flash-linear-attention's delta_net family, and an \
      'expected.safetensors' with 'input_ids', 'logits', 'loss' and 'grad.<parameter>'.
      """)

  @Argument(help: "The checkpoint's folder.")
  var folder: String

  @OptionGroup
  var threads: ThreadOptions

  @Option(help: "Also write the result to this file.")
  var json: String?

  func run() throws {
    let comparison = try badInput { try ModelComparison(folder: folder, threads: threads.count) }
    try finish(comparison.text, json: json, comparison.json, holds: comparison.holds)
  }
}
