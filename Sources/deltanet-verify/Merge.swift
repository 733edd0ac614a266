import ArgumentParser
import DeltaRuleGPU
import FoundationEssentials
import Terminal
import Verification

struct Merge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put together what the shards of a run found: what the run itself would print.",
    discussion: """
      As in an array of jobs: 'deltanet-verify --seed 42 --shard I/N --json shard-I.json' for every I from 1 to N, \
      and then 'deltanet-verify merge shard-*.json', on a machine of the same kind, with the same device.
      """)

  @Argument(help: "What the shards wrote by --json, in any order.")
  var files: [String]

  @Option(help: "Also write the result to this file.")
  var json: String?

  func run() async throws {
    let shards = try badInput { try files.map { (origin: $0, report: try ShardReport(path: $0)) } }
    let run = shards[0].report
    let device = try run.device.flatMap(DeviceChoice.init(argument:))?.device()
    let laws = try await Law.laws(about: device, seed: run.seed, wide: false)
    let outcome = try badInput {
      try Verification(
        seed: run.seed, cases: run.cases, jobs: 1, only: run.only, from: laws,
        about: device?.deviceName
      ).joined(shards)
    }
    try finish(outcome.text, json: json, outcome.json, holds: outcome.holds)
  }
}
