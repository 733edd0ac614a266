import DeltaRule
public import DeltaRuleCPU

/// How wide a head is.
public struct HeadWidths: Equatable, Sendable {
  /// dk.
  public let key: Int
  /// dv.
  public let value: Int

  public init(key: Int, value: Int) {
    self.key = key
    self.value = value
  }
}

/// Every combination of some sizes, passes, numbers and forms.
public struct BenchmarkGrid: Sendable {
  /// L, B and H.
  public var lengths = [2048]
  public var batches = [1]
  public var heads = [8]
  public var widths = [64, 128].map { HeadWidths(key: $0, value: $0) }
  public var numbers = BenchmarkNumbers.allCases
  public var passes = [BenchmarkPass.forward]
  public var forms = available(.fusedRecurrence, .chunkwise(64), .fullyParallel)

  /// The sizes that there may be: products of two of them fit into an integer.
  public static let sizes = 1...1 << 30

  public init() {}

  /// Those of some forms that can be had here.
  private static func available(_ forms: Form...) -> [Form] { forms.filter(\.isAvailable) }

  /// The combinations, each once. A decoding step has one length and one form, whatever the others have.
  ///
  /// - Throws: ``DeltaRule/ShapeError`` where a size is not what a batch can have.
  public func configurations() throws -> [BenchmarkConfiguration] {
    var all: [BenchmarkConfiguration] = []
    for numbers in numbers {
      for (widths, batch) in widths.flatMap({ widths in batches.map { (widths, $0) } }) {
        for (heads, length) in heads.flatMap({ heads in lengths.map { (heads, $0) } }) {
          for (pass, form) in passes.flatMap({ pass in forms.map { (pass, $0) } }) {
            let shape = try BatchShape(
              batch: batch, length: pass == .decode ? 1 : length, keyHeads: heads, heads: heads,
              keyDimension: widths.key, valueDimension: widths.value)
            all.append(
              BenchmarkConfiguration(
                form: pass == .decode ? .decoding : form, pass: pass, numbers: numbers,
                shape: shape))
          }
        }
      }
    }
    return all.unique
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
    (decoding.batches, decoding.passes) = ([8], [.decode])
    var crossover = BenchmarkGrid()
    (crossover.lengths, crossover.numbers) = ([4, 16, 64, 256, 1024], [.f32])
    crossover.forms = available(.fusedRecurrence, .fullyParallel)
    var growth = BenchmarkGrid()
    (growth.lengths, growth.heads) = ([512, 1024, 2048, 4096, 8192, 16384], [1])
    growth.widths = [HeadWidths(key: 128, value: 128)]
    (growth.numbers, growth.forms) = ([.f32], [.fusedRecurrence])
    return try [forms, gradients, decoding, crossover, growth]
      .flatMap { try $0.configurations() }.unique
  }
}

extension Array where Element: Equatable {
  /// The elements without later repetitions.
  var unique: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
