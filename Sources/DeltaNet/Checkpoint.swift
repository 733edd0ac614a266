public import DeltaRuleCPU
public import TensorFiles

/// A folder in Hugging Face's layout: `config.json`, and `model.safetensors` or its shards. Tensors stay in the files, which are
/// mapped into memory, until they are wanted.
public struct Checkpoint: Sendable {
  /// The file that says which tensors are in which shard.
  static let index = "model.safetensors.index.json"

  public let model: LanguageModel
  /// For each parameter of the model one of its shape.
  let tensors: [StoredTensor]

  /// - Throws: `TensorFileError` naming the file, and the tensor or key, that is not what it must be.
  /// - Complexity: the files' headers are read, none of their numbers.
  public init(folder: String) throws(TensorFileError) {
    let path = "\(folder)/config.json"
    var stored = try CheckpointTensors(folder: folder)
    let json = try readJSON(path, limit: 1 << 20)
    do throws(ConfigurationError) {
      var configuration = try Configuration(json)
      // The key `conv_bias` says nothing: models of this family are made without.
      configuration.convolutionHasBias = stored.all.keys.contains { $0.hasSuffix("_conv1d.bias") }
      model = try LanguageModel(configuration)
    } catch {
      throw TensorFileError(
        file: path, problem: "\(error.key) is \(error.value)",
        remedy: "it must be \(error.demand)")
    }
    tensors = try stored.take(for: model)
  }

  /// - Precondition: for each parameter one tensor of its shape.
  init(_ model: LanguageModel, _ tensors: [StoredTensor]) {
    self.model = model
    self.tensors = tensors
  }

  /// The numbers, widened where they are wanted.
  public func weights<Number: KernelNumber>() -> Weights<Number> { Weights(tensors) }

  /// Their bytes.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
}

/// - Throws: `TensorFileError` where the file cannot be read or is no JSON.
private func readJSON(_ path: String, limit: Int) throws(TensorFileError) -> JSON {
  let text = try bytes(ofFile: path, limit: limit)
  do throws(JSONError) { return try JSONReader.read(text) } catch {
    throw TensorFileError(file: path, problem: error.problem, remedy: "write the file again")
  }
}

/// The tensors of a checkpoint's files, by name.
private struct CheckpointTensors {
  private(set) var all: [String: StoredTensor] = [:]
  /// Where each is from, for errors.
  private var files: [String: String] = [:]
  private let folder: String

  init(folder: String) throws(TensorFileError) {
    self.folder = folder
    let index = "\(folder)/\(Checkpoint.index)"
    guard fileExists(index) else {
      try add(TensorFile(safetensors: "\(folder)/model.safetensors"), "model.safetensors")
      return
    }
    guard let map = try readJSON(index, limit: 64 << 20).object?["weight_map"]?.object else {
      throw TensorFileError(
        file: index, problem: "has no weight_map",
        remedy: "map the name of each tensor to a file")
    }
    var shards: [String: [String]] = [:]
    for (name, file) in map {
      guard let shard = file.string, !shard.isEmpty, !shard.contains("/"), !shard.contains("\0"),
        shard != ".."
      else {
        throw TensorFileError(
          file: index, tensor: name, problem: "its file is \(file.summary)",
          remedy: "name a file of the same folder")
      }
      shards[shard, default: []].append(name)
    }
    for (file, names) in shards.sorted(by: { $0.key < $1.key }) {
      let shard = try TensorFile(safetensors: "\(folder)/\(file)")
      if let missing = names.filter({ shard.tensors[$0] == nil }).min() {
        throw TensorFileError(
          file: "\(folder)/\(file)", tensor: missing,
          problem: "is not there, though the index says so", remedy: "write both again")
      }
      try add(shard, file)
    }
  }

  private mutating func add(_ file: TensorFile, _ name: String) throws(TensorFileError) {
    for (tensor, stored) in file.tensors {
      if let other = files[tensor] {
        throw TensorFileError(
          file: "\(folder)/\(name)", tensor: tensor, problem: "is in \(other.quoted), too",
          remedy: "write each tensor once")
      }
      all[tensor] = stored
      files[tensor] = name
    }
  }

  /// The tensor of each parameter, in their order; none may be left.
  mutating func take(for model: LanguageModel) throws(TensorFileError) -> [StoredTensor] {
    splitFusedGates(of: model)
    if model.configuration.tiesEmbeddings { all["lm_head.weight"] = nil }
    let missing = model.parameters.filter { all[$0.name] == nil }.map(\.name)
    if !missing.isEmpty {
      throw error(missing, "missing", "write it, or mend config.json")
    }
    let unknown = Set(all.keys).subtracting(model.parameters.map(\.name)).sorted()
    if !unknown.isEmpty {
      throw error(unknown, "no parameter of such a model", "leave it out, or mend config.json")
    }
    var tensors: [StoredTensor] = []
    for parameter in model.parameters {
      guard let tensor = all[parameter.name] else { continue }
      guard tensor.shape == parameter.shape else {
        throw error(
          [parameter.name], "of shape \(tensor.shape)",
          "the configuration makes it \(parameter.shape)")
      }
      guard !tensor.elementType.isInteger else {
        throw error(
          [parameter.name], "of \(tensor.elementType.rawValue)", "store floating-point numbers")
      }
      tensors.append(tensor)
    }
    return tensors
  }

  /// Until February 2025 the rows of `gate_proj` were followed by those of `up_proj`.
  private mutating func splitFusedGates(of model: LanguageModel) {
    let inner = model.configuration.innerSize
    for layer in 0..<model.configuration.layerCount {
      let mlp = "model.layers.\(layer).mlp"
      let (gate, up) = ("\(mlp).gate_proj.weight", "\(mlp).up_proj.weight")
      guard all[up] == nil, let fused = all[gate], fused.shape.first == 2 * inner else { continue }
      all[gate] = fused.rows(0..<inner)
      all[up] = fused.rows(inner..<2 * inner)
      files[up] = files[gate]
    }
  }

  private func error(_ names: [String], _ problem: String, _ remedy: String) -> TensorFileError {
    TensorFileError(
      file: files[names[0]].map { "\(folder)/\($0)" } ?? folder, tensor: names[0],
      problem: "is \(problem)" + (names.count > 1 ? ", and so are \(names.count - 1) others" : ""),
      remedy: remedy)
  }
}
