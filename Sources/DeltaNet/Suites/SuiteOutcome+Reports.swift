internal import Reporting

extension SuiteOutcome {
  /// A table for each of the suite's: the accuracy in per cent, ± half the width of its 95 % interval, and what was published in
  /// brackets.
  public var text: String {
    tables.map { table in
      var text = TextTable(
        [("\(table.name), \(seeds.count) seeds", .left)] + table.columns.map { ($0, .right) })
      for row in table.rows {
        text.append(
          [row] + table.columns.map { column in table.cell(row, column).map(\.cellText) ?? "" })
      }
      return text.text + "\n"
    }.joined(separator: "\n")
      + brokenClaims.map { claim, accuracy in
        "\n\(claim.row): \(accuracy.fixed(1)) % is not \(claim.demand)\n"
      }.joined()
  }

  /// The same for machines, with the accuracy of every seed.
  public func json() throws -> String {
    try encoded(
      Document(
        suite: suite.name, seeds: seeds, holds: holds,
        experiments: try experiments.map { outcome in
          let experiment = outcome.experiment
          return Document.Experiment(
            table: experiment.table, row: experiment.row, column: experiment.column,
            parameters: try experiment.plan.configuration.parameterCount(),
            stateSize: experiment.stateSize,
            accuracies: outcome.accuracy.numbers, mean: outcome.accuracy.mean,
            halfWidth: outcome.accuracy.halfWidth, steps: outcome.runs.map { $0.last?.step ?? 0 },
            published: experiment.published)
        }))
  }

  private struct Document: Encodable {
    struct Experiment: Encodable {
      let table: String
      let row: String
      let column: String
      let parameters: Int
      let stateSize: Int?
      let accuracies: [Double]
      let mean: Double
      let halfWidth: Double
      let steps: [Int]
      let published: Double?
    }

    let suite: String
    let seeds: [UInt64]
    let holds: Bool
    let experiments: [Experiment]
  }

  /// The tables, in the order in which the suite has them.
  var tables: [SuiteTable] {
    experiments.map(\.experiment.table).unique.map { name in
      SuiteTable(name: name, outcomes: experiments.filter { $0.experiment.table == name })
    }
  }
}

/// The outcomes of one table.
struct SuiteTable {
  let name: String
  let outcomes: [ExperimentOutcome]

  var rows: [String] { outcomes.map(\.experiment.row).unique }
  var columns: [String] { outcomes.map(\.experiment.column).unique }

  func cell(_ row: String, _ column: String) -> ExperimentOutcome? {
    outcomes.first { $0.experiment.row == row && $0.experiment.column == column }
  }
}

extension ExperimentOutcome {
  /// `99.8 ± 0.3 (100)`.
  fileprivate var cellText: String {
    "\(accuracy.mean.fixed(1)) ± \(accuracy.halfWidth.fixed(1))"
      + (experiment.published.map { " (\($0.formatted))" } ?? "")
  }
}

extension Double {
  /// Without a fraction that is 0.
  fileprivate var formatted: String { self == rounded() ? fixed(0) : fixed(1) }
}

extension Suite.Claim.Demand: CustomStringConvertible {
  public var description: String {
    switch self {
    case .atLeast(let least): "\(least.fixed(0)) % or more"
    case .below(let bound): "below \(bound.fixed(0)) %"
    }
  }
}
