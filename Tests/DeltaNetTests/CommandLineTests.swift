import DeltaNet
import Foundation
import ProgramRuns
import TensorFiles
import Testing

@Suite("deltanet", .serialized)
struct CommandLineTests {
  private func fixture(_ name: String) throws -> String {
    try #require(
      Bundle.module.url(forResource: "Fixtures/models/\(name)", withExtension: nil)
    ).path(percentEncoded: false)
  }

  private func deltanet(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("deltanet", arguments)
  }

  @Test func inspects() throws {
    let run = try deltanet("inspect", fixture("delta_net-tiny-swa-hybrid"))
    #expect(run.status == 0)
    #expect(run.output.contains("1  attention to 16 tokens"))
    #expect(
      run.output.contains("144,736 parameters, 138,528 without the embeddings; F32, 578.94 kB"))
    try withFolder { folder in
      let json = "\(folder)/summary.json"
      _ = try deltanet("inspect", fixture("delta_net-tiny"), "--json", json)
      #expect(
        try String(contentsOfFile: json, encoding: .utf8).contains("\"stateBytesPerToken\" : 0"))
    }
  }

  /// The same seed, the same tokens, for any number of threads; greedy ones for any seed.
  @Test func generates() throws {
    let model = try fixture("delta_net-tiny")
    func tokens(_ more: String...) throws -> [Substring] {
      let run = try ProgramRun(
        "deltanet", ["generate", model, "--tokens", "1,2,3", "--max-tokens", "9"] + more)
      #expect(run.status == 0)
      #expect(run.errors.contains("tokens/s"))
      return run.output.dropLast().split(separator: ",")
    }
    let sampled = try tokens("--seed", "4", "--jobs", "1")
    #expect(sampled.count == 9)
    #expect(try tokens("--seed", "4", "--jobs", "2") == sampled)
    #expect(try tokens("--seed", "5") != sampled)
    #expect(try tokens("--temperature", "0", "--seed", "1") == tokens("--temperature", "0"))
  }

  /// What is printed is the text of the tokens that are generated for the prompt's tokens.
  @Test func generatesText() throws {
    try withFolder { folder in
      let tokenizerPath = try #require(
        Bundle.module.url(forResource: "Fixtures/tokenizers/llama", withExtension: "json")
      ).path
      let tokenizer = try Tokenizer(path: tokenizerPath)
      var configuration = GradientTests.configurations[0].1
      configuration.vocabularySize = tokenizer.vocabularyCount
      let path = "\(folder)/model"
      try Checkpoint(LanguageModel(configuration), seed: 1).write(toNewFolder: path)
      #expect(try deltanet("generate", path, "--prompt", "x").errors.contains("tokenizer.json"))
      try FileManager.default.copyItem(atPath: tokenizerPath, toPath: "\(path)/tokenizer.json")
      let prompt = tokenizer.encode("The memory")
      let ids = try deltanet(
        "generate", path, "--tokens", prompt.map(String.init).joined(separator: ","))
      let text = try deltanet("generate", path, "--prompt", "The memory")
      #expect(text.status == 0)
      let tokens = ids.output.dropLast().split(separator: ",").compactMap { Int($0) }
      #expect(tokens.count == 64)
      var stream = Tokenizer.Stream(tokenizer)
      #expect(text.output == tokens.map { stream.next($0) }.joined() + stream.finish() + "\n")
    }
  }

  @Test func tellsHowWellTokensAreForeseen() throws {
    let model = try FLAModel("delta_net-tiny")
    let length = model.tokens.count / model.sequences
    try withFolder { folder in
      let path = "\(folder)/tokens.npy"
      let ids = Array(model.tokens[..<length])
      try StoredTensor(integers: ids, shape: [length], as: .i32).write(npy: path)
      let json = "\(folder)/result.json"
      let run = try deltanet(
        "perplexity", fixture("delta_net-tiny"), "--tokens", path, "--json", json)
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("39 tokens: "))
      let result = try JSONDecoder().decode(
        [String: Double].self, from: Data(contentsOf: URL(filePath: json)))
      let logits = try #require(model.expected["logits"])
      let width = logits.count / model.tokens.count
      let expected =
        (0..<length - 1).map { t in
          let row = logits[t * width..<(t + 1) * width]
          return log(row.reduce(0) { $0 + exp($1) }) - row[t * width + ids[t + 1]]
        }.reduce(0, +) / Double(length - 1)
      let found = try #require(result["crossEntropy"])
      #expect(abs(found - expected) < 1e-5 * expected)
      #expect(result["perplexity"] == exp(found))
    }
  }

  @Test func comparesModels() throws {
    let right = try ProgramRun("deltanet-verify", ["model", fixture("attn-list")])
    #expect(right.status == 0)
    #expect(right.output.hasSuffix("all 52 tensors are right\n"))
    try withCopy(of: "pad-token-id") { folder in
      let path = "\(folder)/expected.safetensors"
      var file = try TensorFile(safetensors: path)
      let name = "grad.model.norm.weight"
      let norm = try #require(file.tensors[name])
      var numbers = try #require(norm.doubles())
      numbers[0] += 1e-3 * (numbers.map(abs).max() ?? 0)
      file.tensors[name] = StoredTensor(doubles: numbers, shape: norm.shape, as: .f32)
      try file.write(safetensors: path)
      let wrong = try ProgramRun("deltanet-verify", ["model", folder])
      #expect(wrong.status == 1)
      #expect(wrong.output.contains("1 of"))
      file.tensors["grad.nothing"] = norm
      try file.write(safetensors: path)
      let bad = try ProgramRun("deltanet-verify", ["model", folder])
      #expect(bad.status == 2)
      #expect(
        bad.errors
          == "deltanet-verify: \(path): tensor 'grad.nothing': is nothing that this model computes; leave it out, or mend its name\n"
      )
    }
  }

  /// Before anything is computed, also where the model never reads them.
  @Test func tokensThatAreUnknownAreRefused() throws {
    try withFolder { folder in
      let path = "\(folder)/tokens.npy"
      for last in [97, -1, 1 << 40] {
        try StoredTensor(integers: [1, last], shape: [2], as: .i64).write(npy: path)
        let run = try deltanet("perplexity", fixture("delta_net-tiny"), "--tokens", path)
        #expect(run.status == 2)
        #expect(run.errors.contains("token \(last) is unknown"))
      }
    }
  }

  @Test func weightsThatAreNoNumbersAreSaid() throws {
    try withCopy(of: "delta_net-tiny") { folder in
      let path = "\(folder)/model.safetensors"
      var file = try TensorFile(safetensors: path)
      file.tensors["model.norm.weight"] = StoredTensor(
        doubles: Array(repeating: .nan, count: 64), shape: [64], as: .f32)
      try file.write(safetensors: path)
      let run = try deltanet("generate", folder, "--tokens", "1")
      #expect(run.status == 2)
      #expect(run.errors.hasPrefix("deltanet: the logits are not finite; "))
    }
  }

  /// A run goes on where it has a checkpoint, and says what came out; its model can be looked at.
  @Test func trains() throws {
    try withFolder { folder in
      let options = [
        "train", "--task", "parity:length=9", "--task", "parity:length=5", "--batch", "8",
        "--batch", "4", "--mixer", "deltanet-negative", "--width", "8", "--heads", "1", "--layers",
        "1", "--steps", "8", "--warm-up", "2", "--evaluation-interval", "4", "--seed", "5", "--out",
        "\(folder)/run",
      ]
      let first = try ProgramRun("deltanet", options + ["--jobs", "1"])
      #expect(first.status == 0)
      #expect(first.output.hasPrefix("parity:length=9: "))
      #expect(first.output.contains(" step 8\nparity:length=5: "))
      let metrics = try String(contentsOfFile: "\(folder)/run/metrics.csv", encoding: .utf8)
      #expect(metrics.split(separator: "\n").count == 5)
      #expect(
        try String(contentsOfFile: "\(folder)/run/metrics.jsonl", encoding: .utf8)
          .split(separator: "\n").count == 2)
      #expect(try ProgramRun("deltanet", options).output == first.output)
      #expect(try deltanet("inspect", "\(folder)/run/model").status == 0)
      try FileManager.default.removeItem(atPath: "\(folder)/run/training.safetensors")
      let stale = try ProgramRun("deltanet", options)
      #expect(stale.status == 2 && stale.errors.contains("run/model: exists already; "))
      try FileManager.default.removeItem(atPath: "\(folder)/run/model")
      #expect(try ProgramRun("deltanet", options).status == 0)
      let other = try ProgramRun("deltanet", options + ["--learning-rate", "0.5"])
      #expect(other.status == 2)
      #expect(other.errors.contains("training.safetensors: is of another plan; "))
    }
  }

  /// The files hold the examples of the task; −100 stands where nothing is asked.
  @Test func exportsExamples() throws {
    try withFolder { folder in
      let text = "mqar:vocabulary=16:length=16:pairs=3"
      let run = try deltanet(
        "export", "--task", text, "--examples", "5", "--seed", "9", "--evaluation", "--out",
        "\(folder)/examples")
      #expect(run.status == 0)
      let tokens = try StoredTensor(npy: "\(folder)/examples/tokens.npy")
      let targets = try StoredTensor(npy: "\(folder)/examples/targets.npy")
      #expect(tokens.shape == [5, 16] && targets.shape == [5, 16])
      let task = try TaskSpecification(text).task
      let examples = (0..<5).map { task.example($0, for: .evaluation, seed: 9) }
      #expect(tokens.integers() == examples.flatMap(\.tokens))
      #expect(targets.integers() == examples.flatMap { $0.targets.map { $0 ?? -100 } })
    }
  }

  @Test func badInputIsOneLineAndStatus2() throws {
    for arguments in [
      ["inspect", "/nowhere"], ["generate", "/nowhere", "--tokens", "1"],
      ["generate", try fixture("delta_net-tiny"), "--tokens", "97"],
      ["perplexity", try fixture("delta_net-tiny"), "--tokens", "/nowhere.npy"],
      ["init", "--preset", "340M", "--out", try fixture("delta_net-tiny")],
    ] {
      let run = try ProgramRun("deltanet", arguments)
      #expect(run.status == 2, "\(arguments)")
      #expect(run.errors.hasPrefix("deltanet: ") && run.errors.split(separator: "\n").count == 1)
    }
  }

  @Test func badUsageIsStatus64() throws {
    let model = try fixture("delta_net-tiny")
    for arguments in [
      ["generate", model, "--tokens", "1,x"], ["generate", model],
      ["generate", model, "--tokens", "1", "--top-p", "2"], ["nothing"],
      ["init", "--preset", "7B", "--out", "/tmp/x"], ["train", "--out", "/tmp/x"],
      ["train", "--suite", "smoke", "--task", "parity", "--out", "/tmp/x"],
      ["train", "--task", "parity:length=0", "--out", "/tmp/x"],
      ["train", "--task", "parity", "--steps", "0", "--out", "/tmp/x"],
      ["train", "--task", "parity", "--batch", "1", "--batch", "2", "--out", "/tmp/x"],
      ["train", "--task", "parity", "--plots", "--out", "/tmp/x"],
      ["export", "--task", "parity", "--examples", "0", "--out", "/tmp/x"],
    ] {
      #expect(try ProgramRun("deltanet", arguments).status == 64, "\(arguments)")
    }
  }
}
