import ArgumentParser
import DeltaRuleGPU
import FoundationEssentials
import PropertyTesting
import Terminal
import Verification

struct Laws: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every law of every formulation (default).")

  @Option(help: "The 64-bit number that every case is derived from.")
  var seed: UInt64 = 1

  @Option(help: "Cases for each sampled check; by default as many as its law asks for.")
  var cases: Int?

  @Option(help: "One law or one formulation, by its name in 'deltanet-verify list'.")
  var only: String?

  @Option(help: "Check one case again: the word that a failure printed.")
  var replay: String?

  @Option(help: "How many checks run at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(
    help:
      "'cpu', or a device whose kernels are checked instead: 'opencl:0', 'cuda:0', 'best', 'emulated'."
  )
  var device = DeviceChoice.cpu

  @Option(
    help: "Only one part of the cases, such as '2/4': its --json is what 'merge' puts together.")
  var shard: Shard?

  @Option(help: "Also write the result to this file.")
  var json: String?

  @Option(help: "Under mpirun: how many seconds a rank that is done waits for others.")
  var timeLimit: UInt32 = 600

  func validate() throws {
    if let cases, cases < 1 { throw ValidationError("--cases \(cases): at least one is needed") }
    if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one is needed") }
    if let replay, Replay(replay) == nil {
      throw ValidationError("\(UnreadableReplay(text: replay))")
    }
    if replay != nil, json != nil || only != nil || cases != nil {
      throw ValidationError("--replay checks one case: leave out --json, --only and --cases")
    }
    if let shard {
      if replay != nil { throw ValidationError("--replay checks one case: leave out --shard") }
      if json == nil {
        throw ValidationError(
          "--shard \(shard.rawValue): add --json FILE, which 'deltanet-verify merge' reads")
      }
    }
    if replay != nil, let count = JobOfRanks.count, count > 1 {
      throw ValidationError("--replay checks one case: \(count) processes are too many")
    }
    if timeLimit < 1 { throw ValidationError("--time-limit 0: at least a second is needed") }
  }

  func run() async throws {
    let device = try device.device()
    // A replay may be of the self-test, whose cases are wide ones, too.
    let laws = try await Law.laws(about: device, seed: seed, wide: replay != nil)
    if let replay = replay.flatMap({ Replay($0) }) { return try check(replay, among: laws) }
    // Who has been given a part shares it with nobody.
    let job: JobOfRanks? = shard == nil ? try JobOfRanks(timeLimit: timeLimit) : nil
    let verification = try usage {
      try Verification(
        seed: seed, cases: cases, shard: job?.shard ?? shard ?? .whole, jobs: jobs, only: only,
        from: laws, about: device?.deviceName)
    }
    let bar = ProgressBar()
    let found = await verification.run { bar.show($0, of: $1) }
    bar.clear()
    guard let job else {
      return try finish(
        found.text, json: json, { try shard == nil ? found.json() : ShardReport(found).json() },
        holds: found.holds)
    }
    try job.finish(found) { try finish($0.text, json: json, $0.json, holds: $0.holds) }
  }

  private func check(_ replay: Replay, among laws: [Law]) throws {
    let instance = try usage { try Law.instance(for: replay, from: laws) }
    let report = instance.property.check(replaying: replay.choices)
    if let failure = report.failure {
      print("✗ \(report.id)\n\(failure)")
      throw ExitCode(1)
    }
    print("\(report.id) \(report.discarded > 0 ? "does not speak about this case" : "holds")")
  }
}

extension Law {
  /// The laws about a device, or the processor.
  static func laws(
    about device: Device?, seed: UInt64, wide: Bool
  ) async throws -> [Law] {
    guard let device else { return all }
    return try await laws(about: device, seed: seed, wide: wide)
  }
}

extension Shard: ExpressibleByArgument {}

/// Turns an unknown name into bad usage.
func usage<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let error as UnknownSubject { throw ValidationError("\(error)") }
}
