import PropertyTesting
internal import Reporting

/// What is learnt, by what, and how. Everything that a run does follows from it.
public struct TrainingPlan: Equatable, Sendable {
  /// One of the tasks that batches are taken from, in turn.
  public struct Part: Equatable, Sendable {
    public var task: TaskSpecification
    /// Sequences of a batch.
    public var batchSize: Int

    public init(_ task: TaskSpecification, batchSize: Int) {
      self.task = task
      self.batchSize = batchSize
    }
  }

  /// Its vocabulary and readout are the tasks'.
  public var configuration: Configuration
  public var parts: [Part]
  /// By what the model is judged.
  public var evaluations: [TaskSpecification]
  public var steps = 1000
  public var learningRate = 2e-3
  public var warmUp = 50
  /// The learning rate at the end, relative to the highest.
  public var finalRate = 0.0
  public var optimizer = AdamW.Settings()
  /// How many examples of each task there are to learn from; nil for new ones all the time.
  public var trainingExamples: Int?
  public var evaluationExamples = 256
  /// The steps between two evaluations, each of which leaves a checkpoint.
  public var evaluationInterval = 50
  /// The accuracy that is enough, in each task; nil to go on to the end.
  public var stopsAt: Double?
  public var seed: UInt64 = 1

  /// - Throws: ``TaskError`` where the tasks do not go together.
  public init(
    _ configuration: Configuration, parts: [Part], evaluations: [TaskSpecification]? = nil
  ) throws(TaskError) {
    self.parts = parts
    self.evaluations = evaluations ?? parts.map(\.task)
    self.configuration = configuration
    let tasks = parts.map(\.task.task) + self.evaluations.map(\.task)
    guard let first = tasks.first, !parts.isEmpty, !self.evaluations.isEmpty,
      tasks.allSatisfy({ $0.readout == first.readout })
    else {
      throw TaskError(
        key: "task", value: parts.map(\.task.description).joined(separator: ", "),
        demand: "tasks whose answers are read in one way")
    }
    self.configuration.vocabularySize = tasks.map(\.vocabularySize).max() ?? 1
    self.configuration.readout = first.readout
  }

  /// Of a batch.
  private static let mostTokens = 1 << 22

  /// - Throws: ``TaskError`` naming a number that no run can have.
  public func validate() throws(TaskError) {
    try TaskError.check("steps", steps, 1...1 << 32)
    for part in parts {
      let longest = part.task.task.length
      try TaskError.check("batch", part.batchSize, 1...max(1, Self.mostTokens / longest))
    }
    for (key, value, range) in [
      ("warm-up", warmUp, 0...steps),
      ("evaluation-interval", evaluationInterval, 1...1 << 32),
      ("evaluation-examples", evaluationExamples, 1...TaskError.limit),
      ("training-examples", trainingExamples ?? 1, 1...1 << 24),
    ] {
      try TaskError.check(key, value, range)
    }
    for (key, value, range) in [
      ("learning-rate", learningRate, 0...10), ("weight-decay", optimizer.weightDecay, 0...10),
      ("clip", optimizer.longestGradient, .leastNormalMagnitude...1e9),
      ("stop-at", stopsAt ?? 0, 0...1), ("final-rate", finalRate, 0...1),
    ] as [(String, Double, ClosedRange<Double>)] {
      guard range ~= value else {
        throw TaskError(
          key: key, value: "\(value)", demand: "from \(range.lowerBound) to \(range.upperBound)")
      }
    }
  }

  var schedule: LearningRateSchedule {
    LearningRateSchedule(peak: learningRate, end: finalRate, warmUp: warmUp, steps: steps)
  }

  /// The part that step `step` is of, and its batch. Of limited examples each comes once before any comes again.
  func batch(ofStep step: Int) -> TaskBatch {
    let part = parts[step % parts.count]
    let first = step / parts.count * part.batchSize
    return TaskBatch(
      examples: (first..<first + part.batchSize).map {
        part.task.task.example(example($0), for: .training, seed: seed)
      })
  }

  /// The number of the example that comes at a place.
  private func example(_ place: Int) -> Int {
    guard let count = trainingExamples else { return place }
    let (epoch, number) = place.quotientAndRemainder(dividingBy: count)
    return permuted(
      number, below: count, seed: mix(mix(seed ^ stableHash("order")) &+ UInt64(epoch)))
  }

  /// The tokens of all steps before one.
  func tokens(beforeStep step: Int) -> Int {
    parts.enumerated().reduce(0) { sum, part in
      let batches = (step + parts.count - 1 - part.offset) / parts.count
      return sum + batches * part.element.batchSize * part.element.task.task.length
    }
  }

  /// All of it, as JSON.
  public func json() throws -> String {
    try encoded(
      Document(
        configuration: JSONReader.read(configuration.json()),
        parts: parts.map { .init(task: $0.task.description, batchSize: $0.batchSize) },
        evaluations: evaluations.map(\.description), steps: steps, learningRate: learningRate,
        warmUp: warmUp, finalRate: finalRate, optimizer: optimizer,
        trainingExamples: trainingExamples, evaluationExamples: evaluationExamples,
        evaluationInterval: evaluationInterval, stopsAt: stopsAt, seed: seed))
  }

  private struct Document: Encodable {
    struct Part: Encodable {
      let task: String
      let batchSize: Int
    }

    let configuration: JSON
    let parts: [Part]
    let evaluations: [String]
    let steps: Int
    let learningRate: Double
    let warmUp: Int
    let finalRate: Double
    let optimizer: AdamW.Settings
    let trainingExamples: Int?
    let evaluationExamples: Int
    let evaluationInterval: Int
    let stopsAt: Double?
    let seed: UInt64
  }
}
