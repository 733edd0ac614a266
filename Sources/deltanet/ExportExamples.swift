import ArgumentParser
import DeltaNet
import TensorFiles
import Terminal

struct ExportExamples: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write examples of a task as npy, for use elsewhere.",
    discussion: """
      'tokens.npy' and 'targets.npy' are [examples, length], I64; a target of -100 is none. These are the tasks, and their sizes:

      \(TaskSpecification.usage.map { "  " + $0 }.joined(separator: "\n"))
      """)

  @Option(help: "The task.", transform: specification)
  var task: TaskSpecification

  @Option(help: "How many.")
  var examples = 1000

  @Flag(help: "Those that models are judged by, not those that they learn from.")
  var evaluation = false

  @Option(help: "The 64-bit number that they are derived from.")
  var seed: UInt64 = 1

  @Option(help: "The folder to write to.")
  var out: String

  func validate() throws {
    let most = (1 << 27) / task.task.length
    guard 1...most ~= examples else {
      throw ValidationError("--examples \(examples): from 1 to \(most) of such a length")
    }
  }

  func run() throws {
    try badInput {
      try TaskExamples(
        task, count: examples, for: evaluation ? .evaluation : .training, seed: seed
      ).write(toFolder: out)
    }
  }
}
