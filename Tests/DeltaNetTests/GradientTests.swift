import DeltaNet
import DeltaRule
import DeltaRuleCPU
import PropertyTesting
import Testing

/// Gradients against differences of losses, in double precision.
struct GradientTests {
  /// Every part of a model in one of them at least.
  static let configurations: [(String, Configuration)] = {
    var plain = Configuration()
    plain.vocabularySize = 11
    plain.hiddenSize = 12
    plain.layerCount = 2
    plain.headCount = 2
    plain.intermediateSize = 10
    plain.normEpsilon = 0.01
    // Small weights would leave gradients small, too.
    plain.initializerRange = 0.4
    func with(_ name: String, _ change: (inout Configuration) -> Void) -> (String, Configuration) {
      var configuration = plain
      change(&configuration)
      return (name, configuration)
    }
    return [
      with("plain") { _ in },
      with("gate, β to 2, wide values") {
        $0.usesGate = true
        $0.allowsNegativeEigenvalues = true
        $0.valueExpansion = 1.5
      },
      with("sums, ELU, biased convolution of 3") {
        $0.queryKeyNormalization = .sum
        $0.queryKeyActivation = .elu
        $0.convolutionSize = 3
        $0.convolutionHasBias = true
      },
      with("no convolution, no β, ReLU, tied") {
        $0.usesShortConvolution = false
        $0.usesBeta = false
        $0.queryKeyActivation = .relu
        $0.tiesEmbeddings = true
      },
      with("signed sums, windows with shared keys and biases") {
        $0.queryKeyNormalization = .sum
        $0.queryKeyActivation = .identity
        $0.attention = [Configuration.AttentionLayers(layers: [1], headCount: 6)]
        $0.attention[0].keyHeadCount = 2
        $0.attention[0].windowSize = 3
        $0.attention[0].hasBias = true
      },
      with("linear attention") { $0.memory = .linear },
      with("gated linear attention") { $0.memory = .gatedLinear },
      with("read from the last token, no SwiGLU") {
        $0.readout = .lastToken
        $0.intermediateSize = 0
      },
      with("attention to all") {
        $0.attention = [Configuration.AttentionLayers(layers: [0], headCount: 2)]
      },
    ]
  }()

  /// Along a random direction v, the central difference of the loss is ⟨gradient, v⟩ but for its truncation, which is at most the
  /// difference to that with half the step where higher terms fall off, and for the losses' rounding.
  @Test(arguments: configurations.map(\.0), [1, 2, 3])
  func areThoseOfTheLoss(name: String, seed: UInt64) throws {
    let configuration = try #require(Self.configurations.first { $0.0 == name }).1
    let model = try LanguageModel(configuration)
    var generator = Xoshiro256(seed: seed)
    let (sequences, length) = (2, 7)
    let tokens = (0..<sequences * length).map { _ in
      Int.random(in: 0..<configuration.vocabularySize, using: &generator)
    }
    let targets = tokens.map { $0 % 4 == 0 ? nil : ($0 + 1) % configuration.vocabularySize }
    let numbers = model.initialNumbers(Double.self, seed: seed)
    func evaluate(_ numbers: [Double]) throws -> (loss: Double, gradient: [Double]) {
      let result = try model.lossWithGradient(
        tokens, sequences: sequences, targets: targets, Evaluation(Weights(numbers), threads: 1))
      return (result.loss, result.gradient.numbers)
    }
    let (loss, gradient) = try evaluate(numbers)
    for parameter in model.parameters {
      let own = parameter.range
      var direction = numbers.map { _ in 0.0 }
      for i in own { direction[i] = .random(in: -1...1, using: &generator) }
      func difference(_ step: Double) throws -> Double {
        let losses = try [step, -step].map { step in
          try evaluate(zip(numbers, direction).map { $0 + step * $1 }).loss
        }
        return (losses[0] - losses[1]) / (2 * step)
      }
      let step = 1e-4
      let (coarse, fine) = (try difference(step), try difference(step / 2))
      let along = own.reduce(0) { $0 + gradient[$1] * direction[$1] }
      // A loss is a mean of sums of thousands of numbers, each rounded.
      let rounding = 1e4 * 0x1p-53 * loss / (step / 2)
      #expect(
        abs(along - fine) <= abs(coarse - fine) + rounding, "\(parameter.name): \(along), \(fine)")
      #expect(own.contains { gradient[$0] != 0 }, "\(parameter.name)")
    }
  }

  /// Every formulation of the paper in place of the kernels: the same logits, the same gradient.
  @Test(arguments: Formulation<Double>.all.map(\.name))
  func doNotDependOnTheFormulation(name: String) throws {
    let formulation = try #require(Formulation<Double>.named(name))
    let model = try LanguageModel(Self.configurations[1].1)
    let weights = Weights(model.initialNumbers(Double.self, seed: 5))
    let tokens = (0..<22).map { $0 * $0 % 11 }
    let targets = tokens.map { Optional(($0 + 3) % 11) }
    func results(_ rule: DeltaRuleMethod<Double>) throws -> [[Double]] {
      let result = try model.lossWithGradient(
        tokens, sequences: 2, targets: targets, Evaluation(weights, rule: rule, threads: 1))
      return [result.logits.elements, result.gradient.numbers]
    }
    let kernels = try results(.kernels(threads: 1))
    let own = try results(.formulation(formulation, chunkLength: 4))
    for (own, kernels) in zip(own, kernels) {
      let size = kernels.map(abs).max() ?? 0
      #expect(zip(own, kernels).allSatisfy { abs($0 - $1) <= 1e-10 * size })
    }
  }

  @Test func doNotDependOnTheNumberOfThreads() throws {
    for name in ["attn-list", "delta_net-tiny"] {
      let fixture = try FLAModel(name)
      let (one, three) = (
        try fixture.lossWithGradient(Float.self, threads: 1),
        try fixture.lossWithGradient(Float.self, threads: 3)
      )
      #expect(one.logits == three.logits)
      #expect(one.gradient.numbers == three.gradient.numbers)
    }
  }
}
