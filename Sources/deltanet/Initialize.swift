import ArgumentParser
import DeltaNet
import TensorFiles
import Terminal

struct Initialize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a model with random weights: what training starts from.")

  enum Preset: String, CaseIterable, ExpressibleByArgument {
    case model340M = "340M"
    case model1_3B = "1.3B"
    case model2_7B = "2.7B"

    var configuration: Configuration {
      switch self {
      case .model340M: .model340M
      case .model1_3B: .model1_3B
      case .model2_7B: .model2_7B
      }
    }
  }

  enum Hybrid: String, CaseIterable, ExpressibleByArgument {
    case slidingWindow = "sliding-window"
    case global
  }

  @Option(help: "The size: '340M', '1.3B', '2.7B'.")
  var preset: Preset

  @Option(help: "Which of the paper's hybrids, if one: 'sliding-window', 'global'.")
  var hybrid: Hybrid?

  @Option(help: "What numbers are stored as: 'F32', 'F16', 'BF16'.")
  var numbers = "BF16"

  @Option(help: "The 64-bit number that the weights are derived from.")
  var seed: UInt64 = 1

  @Option(help: "The folder to make.")
  var out: String

  func validate() throws {
    if elementType == nil { throw ValidationError("--numbers \(numbers): F32, F16 or BF16") }
  }

  private var elementType: ElementType? {
    ElementType(rawValue: numbers).flatMap { $0.isInteger ? nil : $0 }
  }

  func run() throws {
    var configuration = preset.configuration
    switch hybrid {
    case .slidingWindow: configuration = configuration.withSlidingWindows()
    case .global: configuration = configuration.withGlobalAttention()
    case nil: break
    }
    let model = try LanguageModel(configuration)
    try badInput {
      // Before a minute's work.
      try Checkpoint.checkIsNew(folder: out)
      try Checkpoint(model, seed: seed, as: elementType ?? .bf16).write(toNewFolder: out)
    }
  }
}
