import ArgumentParser
import FoundationEssentials
import PropertyTesting
import Terminal
import Verification

struct AttackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack",
    abstract: "Look for the worst input of a formulation or a precision model.",
    discussion: """
      Hill climbing on the error over its bound, from random inputs. Each line is a case that --replay \
      checks again; a file of such lines is a corpus for 'swift test'.
      """)

  @Option(help: "The 64-bit number that every case is derived from.")
  var seed: UInt64 = 1

  @Option(help: "How many inputs to evaluate for each.")
  var evaluations = 2000

  @Option(help: "One law, formulation or precision model.")
  var only: String?

  @Option(help: "Only cases of one regime: 'keys identical', 'β|k|² = 2', …")
  var regime: String?

  @Option(help: "How many searches run at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Also write what was found to this file.")
  var json: String?

  func validate() throws {
    if evaluations < 1 {
      throw ValidationError("--evaluations \(evaluations): at least one is needed")
    }
    if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one is needed") }
  }

  func run() async throws {
    let search = try usage {
      try WorstCases(Attack(seed: seed, evaluations: evaluations, regime: regime), only: only)
    }
    let bar = ProgressBar()
    let found = await search.search(jobs: jobs) { bar.show($0, of: $1) }
    bar.clear()
    if found.isEmpty {
      throw reportBadInput("no input was found that rounds anything; raise --evaluations")
    }
    try finish(found.text, json: json, found.json, holds: found.allSatisfy { $0.reason == nil })
  }
}
