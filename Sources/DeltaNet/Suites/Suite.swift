import Synchronization

/// Experiments that belong together, each with some seeds.
public struct Suite: Sendable {
  public let name: String
  public let experiments: [Experiment]
  /// How many seeds each is run with.
  public let seedCount: Int
  /// What must come out.
  public let claims: [Claim]

  /// A mean accuracy that an experiment must reach, or stay below.
  public struct Claim: Sendable {
    public enum Demand: Sendable {
      case atLeast(Double)
      case below(Double)
    }

    let row: String
    /// In per cent.
    let demand: Demand

    func holds(_ accuracy: Double) -> Bool {
      switch demand {
      case .atLeast(let least): accuracy >= least
      case .below(let bound): accuracy < bound
      }
    }
  }

  /// All there are.
  public static let all = [smoke, recall]

  /// Runs all, several at a time, each on one thread. Runs whose folders have a checkpoint go on from there.
  ///
  /// - Parameters:
  ///   - seed: the first; the others follow it.
  ///   - folder: for the runs' folders.
  ///   - runs: how many at a time.
  ///   - progress: called after each step with the steps that are done, early ends counted as all steps, of how many.
  /// - Throws: what `TrainingRun` throws.
  public func run(
    seed: UInt64, folder: String, runs: Int, progress: @Sendable (_ done: Int, _ all: Int) -> Void
  ) throws -> SuiteOutcome {
    let seeds = (0..<UInt64(seedCount)).map { seed &+ $0 }
    let items = experiments.flatMap { experiment in seeds.map { (experiment, seed: $0) } }
    let all = items.reduce(0) { $0 + $1.0.plan.steps }
    let done = Atomic(0)
    let records = try concurrently(items, threads: runs) { experiment, seed in
      let folder = "\(folder)/\(experiment.folder(seed: seed))"
      var run = try TrainingRun(experiment.plan(seed: seed), inFolder: folder)
      done.add(run.step, ordering: .relaxed)
      while !run.isFinished {
        try run.advance(threads: 1)
        if run.records.last?.step == run.step { try run.save(inFolder: folder) }
        progress(done.add(1, ordering: .relaxed).newValue, all)
      }
      progress(done.add(run.plan.steps - run.step, ordering: .relaxed).newValue, all)
      return run.records
    }
    let outcomes = experiments.enumerated().map { index, experiment in
      ExperimentOutcome(
        experiment: experiment,
        runs: seeds.indices.map { records[index * seeds.count + $0] })
    }
    return SuiteOutcome(suite: self, seeds: seeds, experiments: outcomes)
  }
}

/// What became of a suite.
public struct SuiteOutcome: Sendable {
  public let suite: Suite
  public let seeds: [UInt64]
  public let experiments: [ExperimentOutcome]

  /// The claims that do not hold, with the accuracy that came out.
  public var brokenClaims: [(claim: Suite.Claim, accuracy: Double)] {
    suite.claims.flatMap { claim in
      experiments.filter { $0.experiment.row == claim.row }.map { (claim, $0.accuracy.mean) }
    }.filter { !$0.claim.holds($0.accuracy) }
  }

  public var holds: Bool { brokenClaims.isEmpty }
}
