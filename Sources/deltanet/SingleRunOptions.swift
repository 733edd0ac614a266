import ArgumentParser
import DeltaNet

/// What a run learns, by what, and how.
struct SingleRunOptions: ParsableArguments {
  @Option(help: "A task to learn; batches of several are taken in turn.", transform: specification)
  var task: [TaskSpecification] = []

  @Option(help: "Sequences of a batch, for all tasks or for each.")
  var batch: [Int] = [32]

  @Option(
    help: "A task to be judged by; those that are learnt where none is named.",
    transform: specification)
  var evaluate: [TaskSpecification] = []

  @Option(
    help: "What mixes tokens: \(Mixer.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", "))."
  )
  var mixer = Mixer.deltaNet

  @Option(help: "The numbers of a token.")
  var width = 64

  @Option(help: "Layers.")
  var layers = 2

  @Option(help: "Heads of a layer.")
  var heads = 2

  @Option(help: "The width of the SwiGLU; 0 for none.")
  var innerSize = 0

  @Flag(inversion: .prefixedNo, help: "Convolve queries, keys and values.")
  var convolution = true

  @Option(help: "Tokens that a sliding window shows.")
  var window = 32

  @Option(help: "Steps, if the accuracy is not enough before.")
  var steps = 1000

  @Option(help: "The highest learning rate.")
  var learningRate = 2e-3

  @Option(help: "Steps until it is reached; from there it falls along a cosine.")
  var warmUp = 50

  @Option(help: "The learning rate at the end, relative to the highest.")
  var finalRate = 0.0

  @Option(help: "How much matrices decay.")
  var weightDecay = 0.01

  @Option(help: "Gradients longer than this are shortened to it.")
  var clip = 1.0

  @Option(help: "Examples of each task to learn from; new ones all the time where none is said.")
  var trainingExamples: Int?

  @Option(help: "Examples of each task to be judged by.")
  var evaluationExamples = 256

  @Option(help: "Steps between evaluations.")
  var evaluationInterval = 50

  @Option(help: "The accuracy, up to 1, that is enough to end early.")
  var stopAt: Double?

  func validate() throws {
    if !task.isEmpty { _ = try plan(seed: 1) }
  }

  /// - Throws: `ValidationError` naming what no run can have.
  func plan(seed: UInt64) throws -> TrainingPlan {
    guard batch.count == 1 || batch.count == task.count else {
      throw ValidationError("--batch: one number is needed, or one for each --task")
    }
    do {
      var plan = try TrainingPlan(
        mixer.configuration(
          width: width, layers: layers, heads: heads, innerSize: innerSize,
          convolution: convolution, window: window),
        parts: task.enumerated().map {
          TrainingPlan.Part($1, batchSize: batch.count == 1 ? batch[0] : batch[$0])
        }, evaluations: evaluate.isEmpty ? nil : evaluate)
      plan.steps = steps
      plan.learningRate = learningRate
      plan.warmUp = warmUp
      plan.finalRate = finalRate
      plan.optimizer.weightDecay = weightDecay
      plan.optimizer.longestGradient = clip
      plan.trainingExamples = trainingExamples
      plan.evaluationExamples = evaluationExamples
      plan.evaluationInterval = evaluationInterval
      plan.stopsAt = stopAt
      plan.seed = seed
      try plan.validate()
      return plan
    } catch { throw ValidationError("\(error)") }
  }
}

extension Mixer: ExpressibleByArgument {}

@Sendable
func specification(_ text: String) throws -> TaskSpecification {
  do { return try TaskSpecification(text) } catch { throw ValidationError("\(error)") }
}
