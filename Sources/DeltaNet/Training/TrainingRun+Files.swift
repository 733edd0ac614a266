import FoundationEssentials
internal import Reporting
import TensorFiles

extension TrainingRun {
  /// What a folder of a run holds.
  private enum File {
    static let state = "training.safetensors"
    static let csv = "metrics.csv"
    static let jsonLines = "metrics.jsonl"
    static let plan = "plan.json"
    static let (numbers, first, second) = ("numbers", "first_moment", "second_moment")
    static let records = "records"
  }

  /// The run of a folder as its last checkpoint has it, or a new one where there is none.
  ///
  /// - Throws: `TensorFileError` where the folder holds a run of another plan, or none that can be read; what `init(_:)` throws.
  public init(_ plan: TrainingPlan, inFolder folder: String) throws {
    try self.init(plan)
    let path = "\(folder)/\(File.state)"
    guard fileExists(path) else { return }
    let file = try TensorFile(safetensors: path)
    let count = self.numbers.count
    guard file.metadata[File.plan] == (try plan.json()) else {
      throw TensorFileError(
        file: path, problem: "is of another plan",
        remedy: "give the options that \(File.plan) beside it has, or name another folder")
    }
    func numbers(_ name: String) throws -> [Float] {
      guard let tensor = file.tensors[name], tensor.elementType == .f32, tensor.shape == [count]
      else {
        throw TensorFileError(
          file: path, tensor: name, problem: "is not \(count) numbers of F32",
          remedy: "name another folder, and begin anew")
      }
      let numbers = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        if let start = buffer.baseAddress { tensor.copy(0..<count, to: start) }
        initialized = count
      }
      guard numbers.allSatisfy({ $0.isFinite && (name != File.second || $0 >= 0) }) else {
        throw TensorFileError(
          file: path, tensor: name, problem: "has numbers that no run leaves",
          remedy: "name another folder, and begin anew")
      }
      return numbers
    }
    let records = try? JSONDecoder().decode(
      [TrainingRecord].self, from: Data((file.metadata[File.records] ?? "").utf8))
    guard let records, plan.canHave(records) else {
      throw TensorFileError(
        file: path, problem: "its records are none that such a run has",
        remedy: "name another folder, and begin anew")
    }
    self.records = records
    self.numbers = try numbers(File.numbers)
    optimizer = AdamW(
      plan.optimizer, step: records.last?.step ?? 0, first: try numbers(File.first),
      second: try numbers(File.second))
  }

  /// Leaves a checkpoint in a folder, and the metrics until now. Each file is replaced as a whole, the checkpoint last.
  ///
  /// - Precondition: the last step was evaluated.
  /// - Throws: `TensorFileError` where the file system refuses.
  public func save(inFolder folder: String) throws {
    precondition(records.last?.step ?? 0 == step, "a checkpoint is of an evaluated step")
    try makeFolder(folder)
    let plan = try plan.json()
    for (name, text) in [
      (File.csv, records.csv), (File.jsonLines, try records.jsonLines()), (File.plan, plan),
    ] {
      try TensorFiles.write(Array(text.utf8), toFile: "\(folder)/\(name)")
    }
    var file = TensorFile(metadata: [
      File.plan: plan, File.records: try encoded(records, onOneLine: true),
    ])
    for (name, numbers) in [
      (File.numbers, numbers), (File.first, optimizer.first), (File.second, optimizer.second),
    ] {
      file.tensors[name] = StoredTensor(
        doubles: numbers.map(Double.init), shape: [numbers.count], as: .f32)
    }
    try file.write(safetensors: "\(folder)/\(File.state)")
  }

  /// The model as it is, as a checkpoint in Hugging Face's layout.
  public func checkpoint() -> Checkpoint {
    Checkpoint(
      model,
      model.parameters.map {
        StoredTensor(
          doubles: numbers[$0.range].map(Double.init), shape: $0.shape, as: .f32)
      })
  }
}

extension TrainingPlan {
  /// Whether records of a file can be those of a run.
  fileprivate func canHave(_ records: [TrainingRecord]) -> Bool {
    let steps = records.map(\.step)
    let due = stride(from: evaluationInterval, through: self.steps, by: evaluationInterval)
    return !records.isEmpty
      && zip(steps, due).allSatisfy { $0 == $1 || $0 == self.steps }
      && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 }
      && records.allSatisfy { record in
        1...self.steps ~= record.step && record.tokens == tokens(beforeStep: record.step)
          && record.evaluations.map(\.task) == evaluations.map(\.description)
          && record.evaluations.allSatisfy { 0...1 ~= $0.accuracy && $0.loss.isFinite }
      }
  }
}
