import ArgumentParser
import DeltaNet
import Reporting
import Terminal

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with a prompt, a token at a time.")

  @Argument(help: "The checkpoint's folder.")
  var folder: String

  @Option(help: "The prompt, for folders with a 'tokenizer.json'.")
  var prompt: String?

  @Option(help: "The prompt's token ids instead: '1,415,2936'.", transform: tokenIDs)
  var tokens: [Int]?

  @Option(help: "How many tokens to go on with.")
  var maxTokens = 64

  @Option(help: "Divides the logits; 0 takes the most likely token.")
  var temperature = 1.0

  @Option(help: "Choose among so many of the most likely tokens.")
  var topK: Int?

  @Option(help: "Choose among as few of the most likely tokens as have this probability together.")
  var topP = 1.0

  @Option(help: "The 64-bit number that choices are derived from.")
  var seed: UInt64 = 1

  @Flag(help: "Also tell how fast the weights can be read, which no token can be faster than.")
  var limit = false

  @OptionGroup
  var threads: ThreadOptions

  func validate() throws {
    if maxTokens < 0 { throw ValidationError("--max-tokens \(maxTokens): 0 or more") }
    guard (prompt == nil) != (tokens == nil) else {
      throw ValidationError("one of --prompt and --tokens is needed, and not both")
    }
    do { _ = try sampler } catch { throw ValidationError("\(error)") }
    if tokens?.isEmpty == true { throw ValidationError("--tokens: at least one is needed") }
  }

  private var sampler: Sampler {
    get throws { try Sampler(temperature: temperature, topK: topK, topP: topP, seed: seed) }
  }

  func run() throws {
    try badInput {
      let checkpoint = try Checkpoint(folder: folder)
      let evaluation = try Evaluation<Float>(checkpoint.weights(), threads: threads.count)
      var (tokens, writer) = try prompting()
      let clock = ContinuousClock()
      let start = clock.now
      var generation = try Generation(
        of: checkpoint.model, after: tokens, evaluation, sampler: sampler)
      var prefilled = start
      for index in 0..<maxTokens {
        try show(writer.text(of: generation.next()))
        if index == 0 { prefilled = clock.now }
      }
      try show(writer.end() + "\n")
      tell(
        "\(rate(tokens.count, prefilled - start)) of the prompt, "
          + "\(rate(max(0, maxTokens - 1), clock.now - prefilled)) after it")
      if limit {
        let reading = checkpoint.readingTime(threads: threads.count)
        tell(
          "all weights, \(checkpoint.byteCount.grouped) bytes, are read once in the time of a token at \(rate(1, reading))"
        )
      }
    }
  }

  /// The tokens of the prompt, and what writes those that follow in the same way.
  private func prompting() throws -> ([Int], TokenWriter) {
    if let tokens { return (tokens, .ids(count: 0)) }
    let tokenizer = try Tokenizer(path: "\(folder)/tokenizer.json")
    let ids = tokenizer.encode(prompt ?? "")
    guard !ids.isEmpty else {
      throw ValidationError("--prompt: it has no token; write something")
    }
    return (ids, .text(Tokenizer.Stream(tokenizer)))
  }
}

/// Tokens as they come: as text, or as ids with commas between.
private enum TokenWriter {
  case text(Tokenizer.Stream)
  case ids(count: Int)

  mutating func text(of token: Int) -> String {
    switch self {
    case .text(var stream):
      defer { self = .text(stream) }
      return stream.next(token)
    case .ids(let count):
      self = .ids(count: count + 1)
      return (count == 0 ? "" : ",") + "\(token)"
    }
  }

  func end() -> String {
    guard case .text(var stream) = self else { return "" }
    return stream.finish()
  }
}

/// `123.4 tokens/s`.
func rate(_ tokens: Int, _ duration: Duration) -> String {
  "\((Double(tokens) / max(duration / .seconds(1), 1e-9)).fixed(1)) tokens/s"
}

@Sendable
func tokenIDs(_ text: String) throws -> [Int] {
  try text.split(separator: ",", omittingEmptySubsequences: false).map {
    guard let id = Int($0) else { throw ValidationError("'\($0)' is no token id") }
    return id
  }
}
