import Foundation
import Reporting
import Synchronization
import Testing

@testable import DeltaNet

@Suite struct SuiteTests {
  /// Two models of two sizes, for some steps.
  private static func suite(_ claims: [DeltaNet.Suite.Claim] = []) -> DeltaNet.Suite {
    let experiments = [Mixer.negativeDeltaNet, .gatedLinearAttention].flatMap { mixer in
      [8, 16].map { width in
        var plan = TrainingPlan(
          mixer.configuration(width: width, layers: 1, heads: 1, innerSize: 0, convolution: false),
          "parity:length=8", batchSize: 16, evaluation: "parity:length=12")
        plan.steps = 60
        plan.learningRate = 1e-2
        plan.evaluationInterval = 20
        plan.evaluationExamples = 16
        return Experiment(
          "parity", row: mixer.rawValue, column: "d=\(width)", published: width == 8 ? 99.5 : nil,
          plan)
      }
    }
    return DeltaNet.Suite(
      name: "small", experiments: experiments, seedCount: 2, claims: claims)
  }

  private static func outcome(
    _ suite: DeltaNet.Suite = suite(), runs: Int, folder: String
  ) throws -> SuiteOutcome {
    let most = Atomic(0)
    let outcome = try suite.run(seed: 4, folder: folder, runs: runs) { done, all in
      #expect(all == 4 * 2 * 60 && 0...all ~= done)
      _ = most.max(done, ordering: .relaxed)
    }
    #expect(most.load(ordering: .relaxed) == 4 * 2 * 60)
    return outcome
  }

  /// As many runs at a time as one likes, and again in the same folder: the same outcome.
  @Test func outcomesDependOnTheSeedAlone() throws {
    let one = try withFolder { try Self.outcome(runs: 1, folder: $0) }
    try withFolder { folder in
      let three = try Self.outcome(runs: 3, folder: folder)
      #expect(try three.json() == one.json())
      #expect(try Self.outcome(runs: 2, folder: folder).json() == one.json())
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first
          == "parity-deltanet-negative-d_16-seed4")
    }
    #expect(one.seeds == [4, 5] && one.experiments.count == 4)
    #expect(one.experiments.allSatisfy { $0.runs.map(\.count) == [3, 3] })
    #expect(Set(one.experiments.flatMap { $0.runs.compactMap { $0.last?.accuracy } }).count > 4)

    let lines = one.text.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].contains("parity, 2 seeds") && lines[0].hasSuffix("d=16"))
    #expect(lines[1].contains("deltanet-negative") && lines[1].contains(" (99.5)"))
    let json = try one.json()
    for part in ["\"stateSize\" : 64", "\"stateSize\" : 256", "\"published\" : 99.5"] {
      #expect(json.contains(part))
    }
    let plots = one.plots(.svg)
    #expect(plots.map(\.name) == ["parity-accuracy", "parity-learning", "parity-state"])
    #expect(plots[1].script.contains("title 'gated-linear-attention'"))
    #expect(plots[2].script.contains("\n64.0 \(one.experiments[0].accuracy.mean) "))
  }

  @Test func claimsAreHeldAgainstMeans() throws {
    func broken(_ demand: DeltaNet.Suite.Claim.Demand) throws -> Int {
      let row = Mixer.negativeDeltaNet.rawValue
      return try withFolder { folder in
        let suite = Self.suite([.init(row: row, demand: demand)])
        let outcome = try Self.outcome(suite, runs: 2, folder: folder)
        #expect(outcome.holds == outcome.brokenClaims.isEmpty)
        #expect(outcome.text.contains(" % is not ") == !outcome.holds)
        return outcome.brokenClaims.count
      }
    }
    #expect(try broken(.atLeast(0)) == 0)
    #expect(try broken(.below(0)) == 2)
    #expect(try broken(.atLeast(100.1)) == 2)
  }

  /// Of 1, 2, 3: a deviation of 1, and Student's quantile of two degrees of freedom.
  @Test func intervalsAreStudents() {
    let statistics = SeedStatistics([1, 2, 3])
    #expect(statistics.mean == 2)
    #expect(abs(statistics.halfWidth - 4.303 / 3.0.squareRoot()) < 1e-12)
    #expect(SeedStatistics([5]).halfWidth == .infinity)
    #expect(SeedStatistics([5, 5, 5, 5]).halfWidth == 0)
  }

  @Test func suitesAreOfPossibleRuns() throws {
    for suite in DeltaNet.Suite.all {
      let cells = suite.experiments.map { [$0.table, $0.row, $0.column] }
      #expect(Set(cells).count == cells.count)
      let folders = suite.experiments.map { $0.folder(seed: 1) }
      #expect(Set(folders).count == folders.count)
      for experiment in suite.experiments { _ = try TrainingRun(experiment.plan) }
      for claim in suite.claims {
        #expect(suite.experiments.contains { $0.row == claim.row })
      }
    }
  }

  /// All models of a table have the same projections: what differs is the memory's own, a hundredth or so.
  @Test func mixersHaveTheSameBudget() throws {
    let counts = try Mixer.allCases.map { mixer in
      try mixer.configuration(
        width: 128, layers: 2, heads: 2, innerSize: 256, convolution: false
      ).withVocabulary(64).parameterCount()
    }
    let (least, most) = (try #require(counts.min()), try #require(counts.max()))
    #expect(Double(most) / Double(least) < 1.03)
  }
}

extension Configuration {
  fileprivate func withVocabulary(_ size: Int) -> Configuration {
    var configuration = self
    configuration.vocabularySize = size
    return configuration
  }
}
