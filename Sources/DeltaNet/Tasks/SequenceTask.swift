public import PropertyTesting

/// Sequences of tokens with questions that only their own tokens answer, and the answers.
public protocol SequenceTask: Sendable {
  /// Tokens are below.
  var vocabularySize: Int { get }
  /// The tokens of every example.
  var length: Int { get }
  /// Where the answers are read.
  var readout: Readout { get }

  /// One example, of those to learn from or of those to be judged by.
  func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample
}

extension SequenceTask {
  public var readout: Readout { .everyToken }

  /// Example number `index` that a seed stands for. Each is made by itself, in any order.
  public func example(_ index: Int, for use: TaskExample.Use, seed: UInt64) -> TaskExample {
    var generator = Xoshiro256(
      seed: mix(mix(seed ^ stableHash(use.rawValue)) &+ UInt64(index)))
    return example(for: use, using: &generator)
  }
}

/// A sequence, and what should be told of it.
public struct TaskExample: Equatable, Sendable {
  public enum Use: String, CaseIterable, Sendable {
    case training
    case evaluation
  }

  public var tokens: [Int]
  /// The answer at each token; nil where nothing is asked.
  public var targets: [Int?]
  /// All right answers at each token, the target among them; empty where the target is the only one.
  public var accepted: [[Int]] = []

  public init(tokens: [Int], targets: [Int?], accepted: [[Int]] = []) {
    self.tokens = tokens
    self.targets = targets
    self.accepted = accepted
  }

  /// Every token but the last is asked for the next one.
  init(predicting tokens: [Int]) {
    self.init(tokens: Array(tokens.dropLast()), targets: Array(tokens.dropFirst()))
  }

  /// Whether an answer to token `t` is right; nil where nothing is asked.
  public func isRight(_ answer: Int, at t: Int) -> Bool? {
    targets[t].map { accepted.isEmpty ? answer == $0 : accepted[t].contains(answer) }
  }
}

/// A task that there are no examples of.
public struct TaskError: Error, Equatable, CustomStringConvertible {
  public let key: String
  public let value: String
  /// What it must be.
  public let demand: String

  public var description: String { "\(key) is \(value); it must be \(demand)" }

  /// - Throws: this, where a size is outside a range.
  static func check(_ key: String, _ value: Int, _ range: ClosedRange<Int>) throws(TaskError) {
    guard range ~= value else {
      throw TaskError(
        key: key, value: "\(value)", demand: "from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// The longest sequences, and the most tokens of a vocabulary.
  static let limit = 1 << 20
}
