import DeltaRuleCPU
internal import Reporting
import TensorFiles

/// What a checkpoint's model computes against the `expected.safetensors` of its folder: `input_ids`, and what somebody's own
/// implementation made of them: `logits`, `loss` and `grad.<parameter>`, as many of those as are there.
public struct ModelComparison: Sendable {
  /// A tensor of the file.
  public struct Row: Sendable {
    public let name: String
    public let shape: [Int]
    /// The largest difference, relative to the largest number that is expected.
    public let error: Double
    /// How far float32 may take somebody's numbers from ours, which are computed in double precision.
    public let bound: Double

    public var isRight: Bool { error <= bound }
  }

  public let rows: [Row]

  public var holds: Bool { rows.allSatisfy(\.isRight) }

  /// - Throws: `TensorFileError` naming what cannot be read or compared, ``UnknownToken``, ``MissingOpenBLAS``.
  public init(folder: String, threads: Int) throws {
    let checkpoint = try Checkpoint(folder: folder)
    let model = checkpoint.model
    let path = "\(folder)/expected.safetensors"
    let file = try TensorFile(safetensors: path)
    func error(_ tensor: String, _ problem: String, _ remedy: String) -> TensorFileError {
      TensorFileError(file: path, tensor: tensor, problem: problem, remedy: remedy)
    }
    guard let ids = file.tensors["input_ids"], let tokens = ids.integers() else {
      throw error("input_ids", "is missing, or holds no integers", "store the token ids")
    }
    guard ids.shape.count == 2, !tokens.isEmpty else {
      throw error(
        "input_ids", "is of shape \(ids.shape)", "store [sequences, tokens], both 1 or more")
    }
    let (sequences, length) = (ids.shape[0], ids.shape[1])
    let targets = tokens.indices.map { ($0 + 1) % length == 0 ? nil : Optional(tokens[$0 + 1]) }
    let evaluation = try Evaluation<Double>(checkpoint.weights(), threads: threads)
    var state = ModelState<Double>(of: model, sequences: sequences)
    let logits = try model.logits(tokens, evaluation, &state)
    let result = try model.lossWithGradient(
      tokens, sequences: sequences, targets: targets, evaluation)

    var computed: [String: (numbers: [Double], shape: [Int], bound: Double)] = [
      "logits": (
        logits.elements, ids.shape + [model.configuration.vocabularySize],
        2e-5
      ),
      "loss": ([result.loss], [1], 1e-6),
    ]
    for parameter in model.parameters {
      computed["grad.\(parameter.name)"] = (
        Array(result.gradient[parameter]), parameter.shape, 1e-4
      )
    }
    let steepest = result.gradient.numbers.reduce(0) { max($0, abs($1)) }
    var rows: [Row] = []
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) where name != "input_ids" {
      guard let own = computed[name] else {
        throw error(name, "is nothing that this model computes", "leave it out, or mend its name")
      }
      guard tensor.count == own.numbers.count, name == "loss" || tensor.shape == own.shape,
        let expected = tensor.doubles()
      else {
        throw error(
          name, "is \(tensor.elementType.rawValue) of shape \(tensor.shape)",
          "it must be \(own.shape)")
      }
      rows.append(
        Row(
          name: name, shape: tensor.shape,
          error: relativeError(of: own.numbers, from: expected, orTo: steepest),
          bound: own.bound))
    }
    guard !rows.isEmpty else {
      throw error("logits", "is missing", "store what is expected, or there is nothing to compare")
    }
    self.rows = rows
  }

  /// The tensors as a person reads them; the last line is the verdict.
  public var text: String {
    var table = TextTable([
      ("tensor", .left), ("shape", .left), ("error", .right), ("bound", .right), ("", .left),
    ])
    for row in rows {
      table.append([
        row.name, row.shape.map(String.init).joined(separator: " × "), row.error.scientific(1),
        row.bound.scientific(0), row.isRight ? "right" : "WRONG",
      ])
    }
    let wrong = rows.count { !$0.isRight }
    let verdict =
      wrong == 0
      ? "all \(rows.count) tensors are right" : "\(wrong) of \(rows.count) tensors are WRONG"
    return table.text + "\n\n" + verdict + "\n"
  }

  /// The same for machines. A number that is not finite is left out.
  public func json() throws -> String {
    try encoded(
      Document(
        holds: holds,
        tensors: rows.map {
          Document.Row(
            name: $0.name, shape: $0.shape, error: $0.error.isFinite ? $0.error : nil,
            bound: $0.bound, right: $0.isRight)
        }))
  }

  private struct Document: Encodable {
    struct Row: Encodable {
      let name: String
      let shape: [Int]
      let error: Double?
      let bound: Double
      let right: Bool
    }

    let holds: Bool
    let tensors: [Row]
  }
}

/// The largest difference, relative to the largest number that is expected, or to another one where only zeros are; infinite
/// where a number is not finite.
private func relativeError(
  of numbers: [Double], from expected: [Double], orTo size: Double
) -> Double {
  let largest = expected.reduce(0) { max($0, abs($1)) }
  var error = 0.0
  for (number, expected) in zip(numbers, expected) {
    let difference = abs(number - expected)
    guard difference.isFinite else { return .infinity }
    error = max(error, difference)
  }
  return error == 0 ? 0 : error / (largest == 0 ? size : largest)
}
