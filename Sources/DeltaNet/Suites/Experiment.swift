/// A model that learns a task, once for each seed: a cell of a table.
public struct Experiment: Sendable {
  /// Of the suite.
  public let table: String
  /// Which model.
  public let row: String
  /// Which task, or size.
  public let column: String
  /// But for the seed.
  public let plan: TrainingPlan
  /// The accuracy that was published for it, in per cent.
  public let published: Double?

  init(
    _ table: String, row: String, column: String, published: Double? = nil, _ plan: TrainingPlan
  ) {
    (self.table, self.row, self.column) = (table, row, column)
    self.plan = plan
    self.published = published
  }

  /// The plan with one of its seeds.
  func plan(seed: UInt64) -> TrainingPlan {
    var plan = plan
    plan.seed = seed
    return plan
  }

  /// The folder of a seed's run within that of the suite.
  func folder(seed: UInt64) -> String {
    let name = [table, row, column].joined(separator: "-").map { character in
      character.isLetter || character.isNumber || character == "-" ? character : "_"
    }
    return String(name) + "-seed\(seed)"
  }

  /// The numbers that all layers' states have together, which grow no further with the tokens; nil where attention keeps them all.
  public var stateSize: Int? {
    let configuration = plan.configuration
    guard configuration.attention.isEmpty else { return nil }
    return configuration.layerCount * configuration.stateSize
  }
}

/// What became of an experiment.
public struct ExperimentOutcome: Sendable {
  public let experiment: Experiment
  /// The records of each seed's run.
  public let runs: [[TrainingRecord]]

  /// The accuracy at the end over the seeds, in per cent.
  public var accuracy: SeedStatistics {
    SeedStatistics(runs.map { 100 * ($0.last?.accuracy ?? 0) })
  }
}

/// Some numbers, one for each seed.
public struct SeedStatistics: Equatable, Sendable {
  public let numbers: [Double]

  init(_ numbers: [Double]) { self.numbers = numbers }

  public var mean: Double { numbers.reduce(0, +) / Double(numbers.count) }

  /// Half the width of the interval that has the mean with a probability of 95 %, where numbers are normal: Student's.
  public var halfWidth: Double {
    let count = numbers.count
    guard count > 1 else { return .infinity }
    let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Self.quantile(count - 1) * (squares / Double(count * (count - 1))).squareRoot()
  }

  /// That of 97.5 % of Student's distribution.
  private static func quantile(_ freedom: Int) -> Double {
    let known = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]
    return freedom <= known.count ? known[freedom - 1] : 2.228
  }
}
