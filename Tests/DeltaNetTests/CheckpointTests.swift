import DeltaNet
import Foundation
import TensorFiles
import Testing

/// Folders that are written and read again, and those that cannot be read.
struct CheckpointTests {
  @Test func whatIsWrittenIsReadBack() throws {
    try withFolder { folder in
      var configuration = GradientTests.configurations[4].1
      configuration.paddingToken = 3
      let model = try LanguageModel(configuration)
      let numbers = model.initialNumbers(Float.self, seed: 9)
      for (name, size) in [("one", 1 << 40), ("many", 1000)] {
        let path = "\(folder)/\(name)"
        try Checkpoint(model, seed: 9).write(toNewFolder: path, shardSize: size)
        let files = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(files.contains("model.safetensors.index.json") == (name == "many"))
        let back = try Checkpoint(folder: path)
        #expect(back.model.configuration == configuration)
        try back.write(toNewFolder: path + "-again", shardSize: size)
        for file in files {
          #expect(try bytes("\(path)/\(file)") == bytes("\(path)-again/\(file)"), "\(file)")
        }
        let stored = files.filter { $0.hasSuffix(".safetensors") }
        let tensors = try stored.map { try TensorFile(safetensors: "\(path)/\($0)").tensors }
          .reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        for parameter in model.parameters {
          let tensor = try #require(tensors[parameter.name])
          #expect(tensor.doubles() == numbers[parameter.range].map(Double.init))
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 4)
      let error = #expect(throws: TensorFileError.self) {
        try Checkpoint(model, seed: 9).write(toNewFolder: "\(folder)/one")
      }
      #expect(error?.description == "\(folder)/one: exists already; name a folder that does not")
    }
  }

  @Test func numbersAreRoundedToWhatTheyAreStoredAs() throws {
    try withFolder { folder in
      let model = try LanguageModel(GradientTests.configurations[0].1)
      let numbers = model.initialNumbers(Float.self, seed: 2)
      try Checkpoint(model, seed: 2, as: .f16).write(toNewFolder: "\(folder)/f16")
      let file = try TensorFile(safetensors: "\(folder)/f16/model.safetensors")
      for parameter in model.parameters {
        let rounded = numbers[parameter.range].map { Double(Float16($0)) }
        #expect(file.tensors[parameter.name]?.doubles() == rounded)
      }
    }
  }

  /// Of one seed the same numbers, of another one others, with the deviation that is asked for.
  @Test func initialNumbersAreNormal() throws {
    var configuration = Configuration.model340M
    (configuration.layerCount, configuration.vocabularySize) = (1, 100)
    let model = try LanguageModel(configuration)
    let numbers = model.initialNumbers(Double.self, seed: 4)
    #expect(numbers == model.initialNumbers(Double.self, seed: 4))
    #expect(numbers != model.initialNumbers(Double.self, seed: 5))
    let matrix = try #require(model.parameters.first { $0.name.hasSuffix("q_proj.weight") })
    let own = numbers[matrix.range]
    let count = Double(own.count)
    let mean = own.reduce(0, +) / count
    let variance = own.reduce(0) { $0 + $1 * $1 } / count
    // Six standard errors of each.
    #expect(abs(mean) < 6 * 0.02 / count.squareRoot())
    #expect(abs(variance / 0.0004 - 1) < 6 * (2 / count).squareRoot())
    let norm = try #require(model.parameters.first { $0.name.hasSuffix("attn_norm.weight") })
    #expect(numbers[norm.range].allSatisfy { $0 == 1 })
  }

  // MARK: What cannot be read

  @Test(arguments: [
    ("{", "no JSON at byte 1: '\"' expected; write the file again"),
    ("[]", "config.json is a list of 0; it must be an object"),
    (
      #"{"vocab_size": 97}"#, "model_type is missing; it must be 'delta_net' or 'delta_net_variant'"
    ),
    (
      #"{"model_type": "gla"}"#,
      "model_type is 'gla'; it must be 'delta_net' or 'delta_net_variant'"
    ),
    (
      #"{"model_type": "delta_net", "hidden_act": "powlu"}"#,
      "hidden_act is 'powlu'; it must be 'swish' or 'silu'"
    ),
    (
      #"{"model_type": "delta_net", "attnres_block_size": 2}"#,
      "attnres_block_size is 2; it must be null: it is not supported"
    ),
    (
      #"{"model_type": "delta_net", "use_l2warp": true}"#,
      "use_l2warp is true; it must be false: it is not supported"
    ),
    (
      #"{"model_type": "delta_net", "qk_norm": "l1"}"#,
      "qk_norm is 'l1'; it must be 'l2' or 'sum'"
    ),
    (
      #"{"model_type": "delta_net", "num_heads": 2.5}"#,
      "num_heads is 2.5; it must be a whole number"
    ),
    (
      #"{"model_type": "delta_net", "num_heads": -2}"#,
      "num_heads is -2; it must be from 1 to 262144"
    ),
    (
      #"{"model_type": "delta_net", "hidden_size": 999999999999}"#,
      "hidden_size is 999999999999; it must be from 1 to 262144"
    ),
    (
      #"{"model_type": "delta_net", "expand_k": 1e300}"#,
      "expand_k is 1e+300; it must be above 0, up to 64"
    ),
    (
      #"{"model_type": "delta_net", "use_gate": "yes"}"#,
      "use_gate is 'yes'; it must be true or false"
    ),
    (
      #"{"model_type": "delta_net", "attn": {"layers": [1]}}"#,
      "attn.num_heads is missing; it must be a number"
    ),
    (
      #"{"model_type": "delta_net", "attn": {"layers": "1", "num_heads": 2}}"#,
      "attn.layers is '1'; it must be a list of whole numbers"
    ),
    (
      #"{"model_type": "delta_net", "num_hidden_layers": 1000000000}"#,
      "num_hidden_layers is 1000000000; it must be from 1 to 8192"
    ),
    (
      #"{"model_type": "delta_net", "attn": [{"layers": [1, 1], "num_heads": 16}]}"#,
      "attn.layers is [1, 1]; it must be each layer once"
    ),
    (
      #"{"model_type": "delta_net", "attn": {"layers": [1], "num_heads": 16, "window_size": 1e18}}"#,
      "attn.window_size is 1000000000000000000; it must be from 1 to 2147483648"
    ),
    (
      #"{"model_type": "delta_net", "attn": [{"layers": [24], "num_heads": 16}]}"#,
      "attn.layers is [24]; it must be layers from 0 to 23"
    ),
    (
      #"{"model_type": "delta_net", "attn": {"layers": [2], "num_heads": 16, "num_kv_heads": 5}}"#,
      "attn.num_kv_heads is 5; it must be a divisor of attn.num_heads = 16"
    ),
  ])
  func configurationsThatNoModelHasAreRefused(json: String, message: String) throws {
    try withCopy(of: "pad-token-id") { folder in
      try json.write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
      #expect(refusal(of: folder) == "\(folder)/config.json: \(message)")
    }
  }

  @Test func keysThatChangeNothingAreIgnored() throws {
    try withCopy(of: "pad-token-id") { folder in
      var config = try #require(
        try JSONSerialization.jsonObject(with: Data(bytes("\(folder)/config.json")))
          as? [String: Any])
      config["use_output_norm"] = false
      config["conv_bias"] = true
      config["anything"] = ["at": ["all"]]
      try JSONSerialization.data(withJSONObject: config).write(
        to: URL(filePath: "\(folder)/config.json"))
      #expect(refusal(of: folder) == nil)
    }
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    try withCopy(of: "pad-token-id") { folder in
      let path = "\(folder)/model.safetensors"
      let whole = try TensorFile(safetensors: path)
      func refusal(_ change: (inout [String: StoredTensor]) -> Void) throws -> String? {
        var file = whole
        change(&file.tensors)
        try file.write(safetensors: path)
        return self.refusal(of: folder)
      }
      let (norm, gate) = ("model.norm.weight", "model.layers.0.mlp.gate_proj.weight")
      #expect(
        try refusal { $0[norm] = nil }
          == "\(folder): tensor '\(norm)': is missing; write it, or mend config.json")
      #expect(
        try refusal { $0 = $0.filter { !$0.key.contains("mlp") } }?.contains(
          "is missing, and so are")
          == true)
      #expect(
        try refusal { $0["extra"] = $0[norm] }
          == "\(path): tensor 'extra': is no parameter of such a model; leave it out, or mend config.json"
      )
      #expect(
        try refusal { $0[norm] = StoredTensor(doubles: [1, 2], shape: [2], as: .f32) }?
          .hasPrefix("\(path): tensor '\(norm)': is of shape [2]; the configuration makes it [")
          == true)
      #expect(
        try refusal { tensors in
          tensors[norm] = tensors[norm].map {
            StoredTensor(integers: Array(repeating: 1, count: $0.count), shape: $0.shape, as: .i32)
          }
        } == "\(path): tensor '\(norm)': is of I32; store floating-point numbers")
      #expect(try refusal { $0[gate] = $0[norm] }?.contains("of shape") == true)
      try Data(bytes(path).prefix(1000)).write(to: URL(filePath: path))
      #expect(self.refusal(of: folder)?.hasPrefix("\(path): ") == true)
    }
  }

  @Test func indicesThatMisleadAreRefused() throws {
    try withCopy(of: "bf16-hybrid-tied-sharded") { folder in
      let index = "\(folder)/model.safetensors.index.json"
      let whole = try String(contentsOfFile: index, encoding: .utf8)
      let first = "model-00001-of-00004.safetensors"
      func refusal(_ old: String, _ new: String) throws -> String? {
        #expect(whole.contains(old))
        try whole.replacingOccurrences(of: old, with: new)
          .write(toFile: index, atomically: true, encoding: .utf8)
        return self.refusal(of: folder)
      }
      #expect(
        try refusal("weight_map", "wait_map")
          == "\(index): has no weight_map; map the name of each tensor to a file")
      #expect(
        try refusal(first, "../\(first)")?.hasSuffix("'; name a file of the same folder") == true)
      #expect(try refusal(first, "..")?.hasSuffix("'..'; name a file of the same folder") == true)
      #expect(
        try refusal(first, "nowhere.safetensors")?.contains("nowhere.safetensors: cannot be opened")
          == true)
      #expect(
        try refusal("model.norm.weight", "model.norms.weight")?
          .contains("tensor 'model.norms.weight': is not there, though the index says so") == true)
      try whole.write(toFile: index, atomically: true, encoding: .utf8)
      #expect(self.refusal(of: folder) == nil)
      let second = "\(folder)/model-00002-of-00004.safetensors"
      var shard = try TensorFile(safetensors: second)
      let other = try #require(
        TensorFile(safetensors: "\(folder)/\(first)").tensors.min { $0.key < $1.key })
      shard.tensors[other.key] = other.value
      try shard.write(safetensors: second)
      #expect(
        self.refusal(of: folder)
          == "\(second): tensor '\(other.key)': is in '\(first)', too; write each tensor once")
    }
  }

  private func refusal(of folder: String) -> String? {
    do {
      _ = try Checkpoint(folder: folder)
      return nil
    } catch { return "\(error)" }
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }
}

/// A fresh folder, removed afterwards.
@discardableResult
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path(percentEncoded: false))
}

/// A copy of one of the models that are fixtures, to be changed.
func withCopy(of model: String, _ body: (String) throws -> Void) throws {
  try withFolder { folder in
    let url = Bundle.module.url(forResource: "Fixtures/models/\(model)", withExtension: nil)
    let copy = "\(folder)/\(model)"
    try FileManager.default.copyItem(atPath: #require(url).path, toPath: copy)
    try body(copy)
  }
}
