import ArgumentParser
import DeltaNet
import Glibc
import Reporting
import TensorFiles
import Terminal

struct PerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Tell how well a model foresees tokens, each from all before it.")

  @Argument(help: "The checkpoint's folder.")
  var folder: String

  @Option(help: "An npy file of token ids.")
  var tokens: String

  @OptionGroup
  var threads: ThreadOptions

  @Option(help: "Also write the result to this file.")
  var json: String?

  func run() throws {
    try badInput {
      let ids = try tokenIDs()
      let checkpoint = try Checkpoint(folder: folder)
      let evaluation = try Evaluation<Float>(checkpoint.weights(), threads: threads.count)
      let clock = ContinuousClock()
      let (start, bar) = (clock.now, ProgressBar())
      let result = try Perplexity(of: checkpoint.model, on: ids, evaluation) {
        bar.show($0, of: ids.count - 1)
      }
      bar.clear()
      let document = Document(
        tokens: result.count, crossEntropy: result.crossEntropy,
        perplexity: exp(result.crossEntropy))
      try finish(
        "\(result.count.grouped) tokens: \(result.crossEntropy.fixed(4)) nats each, perplexity "
          + "\(document.perplexity.fixed(3))\n", json: json, { try encoded(document) }, holds: true)
      tell(rate(result.count, clock.now - start))
    }
  }

  private func tokenIDs() throws -> [Int] {
    guard let ids = try StoredTensor(npy: tokens).integers(), ids.count > 1 else {
      throw TensorFileError(
        file: tokens, problem: "does not hold two token ids or more",
        remedy: "store whole numbers, int32 or int64")
    }
    return ids
  }

  private struct Document: Encodable {
    let tokens: Int
    let crossEntropy: Double
    let perplexity: Double
  }
}
