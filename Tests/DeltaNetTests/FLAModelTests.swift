import DeltaNet
import DeltaRule
import DeltaRuleCPU
import Foundation
import TensorFiles
import Testing

/// Checkpoints that flash-linear-attention made, and what it made of them in float32.
@Suite("Models of flash-linear-attention")
struct FLAModelTests {
  /// Those of the fixtures, and those in the folder that `DELTANET_MODELS` names.
  static let folders: [String] = {
    let own = Bundle.module.url(forResource: "Fixtures/models", withExtension: nil)!.path
    let others = ProcessInfo.processInfo.environment["DELTANET_MODELS"]
    return [own, others].compactMap { $0 }.flatMap { folder in
      // A folder that cannot be read is a case that fails.
      ((try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? [""])
        .map { "\(folder)/\($0)" }
    }
  }()

  @Test(arguments: folders) func logitsLossAndGradientsAreItsOwn(folder: String) throws {
    let fixture = try FLAModel(folder: folder)
    let single = try fixture.lossWithGradient(Float.self)
    #expect(fixture.error(of: single.logits.elements, "logits") < 2e-5)
    // Gradients as float32 has them are as far from ours as the products of that library round.
    let results = try fixture.lossWithGradient(Double.self)
    #expect(fixture.error(of: results.logits.elements, "logits") < 2e-5)
    let loss = try #require(fixture.expected["loss"]?[0])
    #expect(abs(results.loss - loss) <= 1e-6 * loss, "\(results.loss), \(loss)")
    for parameter in fixture.model.parameters {
      let error = fixture.error(of: Array(results.gradient[parameter]), "grad.\(parameter.name)")
      #expect(error < 1e-4, "\(parameter.name): \(error)")
    }
  }
}

/// A folder of fixtures.
struct FLAModel {
  let checkpoint: Checkpoint
  let tokens: [Int]
  let sequences: Int
  let expected: [String: [Double]]

  var model: LanguageModel { checkpoint.model }

  /// One of the fixtures.
  init(_ name: String) throws {
    let url = Bundle.module.url(forResource: "Fixtures/models/\(name)", withExtension: nil)
    try self.init(folder: #require(url).path)
  }

  init(folder: String) throws {
    checkpoint = try Checkpoint(folder: folder)
    let file = try TensorFile(safetensors: "\(folder)/expected.safetensors")
    let ids = try #require(file.tensors["input_ids"])
    tokens = try #require(ids.integers())
    sequences = ids.shape[0]
    expected = file.tensors.compactMapValues { $0.doubles() }
  }

  /// What should follow each token: the next one, and nothing behind the last.
  var targets: [Int?] {
    let length = tokens.count / sequences
    return tokens.indices.map { ($0 + 1) % length == 0 ? nil : tokens[$0 + 1] }
  }

  func lossWithGradient<Number: KernelNumber>(
    _ type: Number.Type = Number.self, threads: Int = 2
  ) throws -> (logits: Activations<Number>, loss: Double, gradient: ParameterGradient<Number>) {
    let evaluation = try Evaluation<Number>(checkpoint.weights(), threads: threads)
    var state = ModelState<Number>(of: model, sequences: sequences)
    let logits = try model.logits(tokens, evaluation, &state)
    let result = try model.lossWithGradient(
      tokens, sequences: sequences, targets: targets, evaluation)
    return (logits, result.loss, result.gradient)
  }

  /// The largest error of a tensor, relative to its largest number.
  func error(of numbers: [some KernelNumber], _ name: String) -> Double {
    guard let expected = expected[name], expected.count == numbers.count else { return .infinity }
    let size = expected.map(abs).max() ?? 0
    return zip(numbers, expected).map { abs(Double($0) - $1) }.max().map { $0 / size } ?? 0
  }
}
