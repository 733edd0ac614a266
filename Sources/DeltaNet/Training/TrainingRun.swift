public import DeltaRuleCPU

/// A model while it learns. The same plan gives the same numbers, bit by bit, for any number of threads, and whether it was
/// interrupted or not.
public struct TrainingRun: Sendable {
  public let plan: TrainingPlan
  public let model: LanguageModel
  /// The steps until now.
  public var step: Int { optimizer.step }
  /// What evaluations found until now.
  public internal(set) var records: [TrainingRecord] = []
  /// The tokens seen until now.
  public var tokens: Int { plan.tokens(beforeStep: step) }
  var numbers: [Float]
  var optimizer: AdamW
  /// Since the last record.
  private var (losses, accuracies): ([Double], [Double]) = ([], [])
  private var gradientNorm = 0.0

  /// A batch is cut into at least so many pieces, if it has as many sequences, which are shared out among threads.
  private static let piecesOfBatch = 8

  /// Before the first step.
  ///
  /// - Throws: ``TaskError`` and ``ConfigurationError`` naming what cannot be in the plan.
  public init(_ plan: TrainingPlan) throws {
    try plan.validate()
    self.plan = plan
    model = try LanguageModel(plan.configuration)
    numbers = model.initialNumbers(seed: plan.seed)
    optimizer = AdamW(plan.optimizer, parameterCount: model.parameterCount)
  }

  /// Whether all steps are done, or the accuracy is enough.
  public var isFinished: Bool {
    guard let last = records.last, last.step == step else { return false }
    return step >= plan.steps
      || plan.stopsAt.map { enough in last.evaluations.allSatisfy { $0.accuracy >= enough } }
        ?? false
  }

  /// The weights as they are.
  public var weights: Weights<Float> { Weights(numbers) }

  /// One step, and the evaluation after it where one is due.
  ///
  /// - Returns: the loss and accuracy of its batch, before the step.
  /// - Throws: ``MissingOpenBLAS``, ``TrainingDiverged``.
  @discardableResult
  public mutating func advance(
    threads: Int
  ) throws -> (loss: Double, accuracy: Double) {
    let step = step
    let batch = plan.batch(ofStep: step)
    let questions = max(1, batch.questions)
    let pieces = batch.pieces(of: max(1, batch.sequences / Self.piecesOfBatch))
    let evaluation = try Evaluation(weights, threads: 1)
    let results = try concurrently(pieces, threads: threads) { [model] piece in
      let result = try model.lossWithGradient(
        piece.tokens, sequences: piece.sequences, targets: piece.targets,
        share: Double(piece.questions) / Double(questions), evaluation)
      return (
        loss: result.loss, right: piece.rightAnswers(in: result.logits), gradient: result.gradient
      )
    }
    let loss = results.reduce(0) { $0 + $1.loss }
    let accuracy = Double(results.reduce(0) { $0 + $1.right }) / Double(questions)
    let rate = plan.schedule.rate(ofStep: step)
    gradientNorm = optimizer.update(
      &numbers, of: model, with: results.map(\.gradient), rate: rate, threads: threads)
    guard loss.isFinite, gradientNorm.isFinite else { throw TrainingDiverged(step: step) }
    losses.append(loss)
    accuracies.append(accuracy)
    if self.step % plan.evaluationInterval == 0 || self.step == plan.steps {
      records.append(try record(rate, threads: threads))
      (losses, accuracies) = ([], [])
    }
    return (loss, accuracy)
  }

  private func record(_ rate: Double, threads: Int) throws -> TrainingRecord {
    func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
    let evaluations = try plan.evaluations.map { try evaluate($0, threads: threads) }
    guard evaluations.allSatisfy(\.loss.isFinite) else { throw TrainingDiverged(step: step) }
    return TrainingRecord(
      step: step, tokens: tokens, learningRate: rate, gradientNorm: gradientNorm,
      trainingLoss: mean(losses), trainingAccuracy: mean(accuracies), evaluations: evaluations)
  }

  /// How well questions of a task are answered that are not learnt from.
  private func evaluate(
    _ specification: TaskSpecification, threads: Int
  ) throws -> TrainingRecord.Evaluation {
    let evaluation = try Evaluation(weights, threads: 1)
    let task = specification.task
    let pieces = blocks(of: plan.evaluationExamples, max(1, min(16, (1 << 18) / task.length)))
    let results = try concurrently(pieces, threads: threads) { [plan, model] range in
      let batch = TaskBatch(
        examples: range.map { task.example($0, for: .evaluation, seed: plan.seed) })
      let targets = batch.targets
      var state = ModelState<Float>(of: model, sequences: batch.sequences)
      let logits = try model.logits(
        batch.tokens, evaluation, &state, at: targets.indices.filter { targets[$0] != nil })
      return (
        loss: logits.crossEntropy(with: targets.compactMap { $0 }).value * Double(batch.questions),
        right: batch.rightAnswers(in: logits), questions: batch.questions
      )
    }
    let questions = Double(max(1, results.reduce(0) { $0 + $1.questions }))
    return TrainingRecord.Evaluation(
      task: specification.description,
      loss: results.reduce(0) { $0 + $1.loss } / questions,
      accuracy: Double(results.reduce(0) { $0 + $1.right }) / questions)
  }
}

/// A loss, or a gradient, that is no number any more.
public struct TrainingDiverged: Error, Equatable, CustomStringConvertible {
  public let step: Int

  public var description: String {
    "the loss or the gradient of step \(step) is not finite; lower the learning rate, or warm up longer"
  }
}
