import ArgumentParser
import DeltaRuleGPU
import FoundationEssentials
import Terminal
import Verification

struct SelfTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Check a device and the kernels on it, on a machine that has nothing but its driver.",
    discussion: """
      Every law about the device's kernels, and its primitives, also for heads as wide as those of models; \
      then how long kernels take. CUDA needs NVRTC beside the driver. Exit status 2 where the device is missing.
      """)

  @Option(
    help: "'cuda:0', 'opencl:0', 'best', 'emulated'.",
    transform: {
      guard let name = DeviceName($0) else { throw ValidationError("'\($0)' is no device") }
      return name
    })
  var device = DeviceName.best

  @Option(help: "The 64-bit number that every case is derived from.")
  var seed: UInt64 = 1

  @Option(help: "How many checks run at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Also write the result to this file.")
  var json: String?

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one is needed") }
  }

  func run() async throws {
    let device = try opened(device)
    let bar = ProgressBar()
    let test = try await SelfTest(of: device, seed: seed, jobs: jobs) { bar.show($0, of: $1) }
    bar.clear()
    try finish(test.text, json: json, test.json, holds: test.holds)
  }
}
