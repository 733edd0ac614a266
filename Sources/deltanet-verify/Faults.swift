import ArgumentParser
import FoundationEssentials
import Terminal
import Verification

struct Faults: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show that the laws catch every planted fault.",
    discussion: """
      A chunk kernel makes one mistake at a time; every law that speaks about kernels is held against it. \
      With --diagnose the faults fill the exported cases instead, and 'check' must name them.
      """)

  @Option(help: "The 64-bit number that every case is derived from.")
  var seed: UInt64 = 1

  @Option(help: "How many cases of each law a fault must get past at most: 500 where not said.")
  var cases: Int?

  @Option(help: "How many faults are dealt with at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Judge case files filled by the faults, and name the mistakes.")
  var diagnose = false

  @Option(help: "Also write the result to this file.")
  var json: String?

  func validate() throws {
    if diagnose, cases != nil { throw ValidationError("--cases is for laws: leave out --diagnose") }
    if let cases, cases < 1 { throw ValidationError("--cases \(cases): at least one is needed") }
    if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one is needed") }
  }

  func run() async throws {
    let bar = ProgressBar()
    if diagnose {
      let found = try await FaultDiagnosis.all(seed: seed, jobs: jobs) { bar.show($0, of: $1) }
      bar.clear()
      try finish(
        found.text, json: json, found.json, holds: found.allSatisfy { $0.rejectedOn != nil })
    } else {
      let matrix = await KillMatrix.measured(seed: seed, cases: cases ?? 500, jobs: jobs) {
        bar.show($0, of: $1)
      }
      bar.clear()
      try finish(matrix.text, json: json, matrix.json, holds: matrix.isComplete)
    }
  }
}
