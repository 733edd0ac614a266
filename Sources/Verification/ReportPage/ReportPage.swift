import DeltaRule
import DeltaRuleCPU

/// Everything that a page tells about a run: what was verified, how, and how far to trust it.
///
/// The same seed gives the same bytes, on the same kind of machine and with the same gnuplot.
package struct ReportPage: Sendable {
  let machine: Machine
  let verification: Verification.Outcome
  let faults: KillMatrix
  let accuracy: AccuracySweep
  let errors: ErrorOverTokens
  let costs: MeasuredCosts
  let attention: AttentionPicture
  let benchmark: RecordedBenchmark?

  /// Runs all that the page is about.
  ///
  /// - Parameters:
  ///   - cases: for each sampled law, and at most for each law and fault; nil leaves it to them.
  ///   - progress: called with how many steps are done, how many there are, and what they are about.
  package static func measured(
    seed: UInt64, cases: Int? = nil, jobs: Int, benchmark: RecordedBenchmark? = nil,
    progress: (_ done: Int, _ total: Int, _ subject: String) -> Void
  ) async throws -> ReportPage {
    let verification = try await Verification(seed: seed, cases: cases, jobs: jobs).run {
      progress($0, $1, "laws")
    }
    let faults = await KillMatrix.measured(seed: seed, cases: cases ?? 500, jobs: jobs) {
      progress($0, $1, "faults")
    }
    return ReportPage(
      machine: Machine(instructionSet: .best), verification: verification, faults: faults,
      accuracy: try await .measured(seed: seed, jobs: jobs) { progress($0, $1, "accuracy") },
      errors: try await .measured(seed: seed, jobs: jobs) { progress($0, $1, "long sequence") },
      costs: try await .measured(jobs: jobs) { progress($0, $1, "costs") },
      attention: try AttentionPicture(seed: seed), benchmark: benchmark)
  }

  /// Whether everything holds, every fault is caught, and costs are as documented.
  package var holds: Bool { verification.holds && faults.isComplete && costs.agree }

  /// What the page says, in two lines.
  package var summary: String { "\(verification.summary)\n\(faults.summary)\n" }

  /// Scripts for gnuplot, by the names of the pictures that they draw.
  package var plots: [(name: String, script: String)] {
    let accuracies = accuracy.parts.flatMap(\.grids).compactMap { grid in
      grid.picture.map { ($0, grid.plot) }
    }
    let all =
      accuracies + [("error-over-tokens", errors.plot)] + costs.plots + (benchmark?.plots ?? [])
    return all.map { ($0, $1.script) }
  }

  /// Pictures that need no other program, by their names.
  package var drawings: [(name: String, svg: String)] {
    attention.drawings.map { ($0.name, $0.svg) }
      + [("kill-matrix", KillMatrixPicture(matrix: faults).svg)]
  }
}
