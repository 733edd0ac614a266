public import TensorFiles

/// Examples of a task as two tensors.
public struct TaskExamples: Sendable {
  /// [examples, length], I64.
  public let tokens: StoredTensor
  /// The answers in the same shape, −100 where nothing is asked.
  public let targets: StoredTensor

  public init(
    _ specification: TaskSpecification, count: Int, for use: TaskExample.Use, seed: UInt64
  ) {
    let task = specification.task
    let examples = (0..<count).map { task.example($0, for: use, seed: seed) }
    let shape = [count, task.length]
    tokens = StoredTensor(integers: examples.flatMap(\.tokens), shape: shape, as: .i64)
    targets = StoredTensor(
      integers: examples.flatMap { $0.targets.map { $0 ?? -100 } }, shape: shape, as: .i64)
  }

  /// Writes `tokens.npy` and `targets.npy`.
  ///
  /// - Throws: `TensorFileError` where the file system refuses.
  public func write(toFolder folder: String) throws(TensorFileError) {
    try makeFolder(folder)
    try tokens.write(npy: "\(folder)/tokens.npy")
    try targets.write(npy: "\(folder)/targets.npy")
  }
}
