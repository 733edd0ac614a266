import DeltaRule
public import DeltaRuleCPU
internal import Reporting

/// Every combination of some sizes, passes, numbers and forms.
public struct BenchmarkGrid: Sendable {
  public var sizes = BenchmarkSizes()
  public var numbers = BenchmarkNumbers.allCases
  public var passes = [BenchmarkPass.forward]
  public var forms = available(.fusedRecurrence, .chunkwise(64), .fullyParallel)

  public init() {}

  /// Those of some forms that can be had here.
  private static func available(_ forms: Form...) -> [Form] { forms.filter(\.isAvailable) }

  /// The combinations, each once. A decoding step has one length and one form, whatever the others have.
  ///
  /// - Throws: `ShapeError` where a size is not what a batch can have.
  public func configurations() throws -> [BenchmarkConfiguration] {
    let shapes = try sizes.shapes()
    return try numbers.flatMap { numbers in
      try shapes.flatMap { shape in
        try passes.flatMap { pass in
          let timed = try pass.shape(shape)
          return forms.map { form in
            BenchmarkConfiguration(
              form: pass == .decode ? .decoding : form, pass: pass, numbers: numbers, shape: timed)
          }
        }
      }
    }.unique
  }

  /// What is worth a look on any machine: all forms side by side; gradients; decoding for 64 states; how the cost of
  /// the fused recurrence grows with the length; and where it overtakes the fully parallel form.
  public static func standard() throws -> [BenchmarkConfiguration] {
    var forms = BenchmarkGrid()
    forms.forms = Form.all.filter { $0 != .automatic }
    var gradients = BenchmarkGrid()
    gradients.passes = [.backward, .forwardAndBackward]
    gradients.forms = available(.fusedRecurrence, .chunkwise(64))
    var decoding = BenchmarkGrid()
    (decoding.sizes.batches, decoding.passes) = ([8], [.decode])
    var crossover = BenchmarkGrid()
    (crossover.sizes.lengths, crossover.numbers) = ([4, 16, 64, 256, 1024], [.f32])
    crossover.forms = available(.fusedRecurrence, .fullyParallel)
    var growth = BenchmarkGrid()
    (growth.sizes.lengths, growth.sizes.heads) = ([512, 1024, 2048, 4096, 8192, 16384], [1])
    growth.sizes.widths = [HeadWidths(key: 128, value: 128)]
    (growth.numbers, growth.forms) = ([.f32], [.fusedRecurrence])
    return try [forms, gradients, decoding, crossover, growth]
      .flatMap { try $0.configurations() }.unique
  }
}
