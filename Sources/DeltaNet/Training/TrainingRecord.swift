internal import Reporting

/// What an evaluation found, and the training since the one before.
public struct TrainingRecord: Equatable, Sendable, Codable {
  public struct Evaluation: Equatable, Sendable, Codable {
    public let task: String
    /// The mean cross-entropy of the questions, in nats.
    public let loss: Double
    /// The part of the questions that is answered right.
    public let accuracy: Double
  }

  /// The steps until now.
  public let step: Int
  /// The tokens seen until now.
  public let tokens: Int
  /// Of the last step.
  public let learningRate: Double
  /// The length of the last step's gradient, before it was shortened.
  public let gradientNorm: Double
  /// Means over the steps since the record before.
  public let trainingLoss: Double
  public let trainingAccuracy: Double
  public let evaluations: [Evaluation]

  /// The mean of all tasks.
  public var accuracy: Double {
    evaluations.reduce(0) { $0 + $1.accuracy } / Double(max(1, evaluations.count))
  }
}

extension [TrainingRecord] {
  /// A line for each evaluation and task.
  public var csv: String {
    let header = [
      "step", "tokens", "learning_rate", "gradient_norm", "training_loss", "training_accuracy",
      "task", "loss", "accuracy",
    ]
    let rows = flatMap { record in
      record.evaluations.map { evaluation in
        [
          "\(record.step)", "\(record.tokens)", "\(record.learningRate)",
          "\(record.gradientNorm)", "\(record.trainingLoss)", "\(record.trainingAccuracy)",
          evaluation.task, "\(evaluation.loss)", "\(evaluation.accuracy)",
        ]
      }
    }
    return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// An object a line.
  public func jsonLines() throws -> String {
    try map { try encoded($0, onOneLine: true) }.joined()
  }
}
