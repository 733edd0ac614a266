import ArgumentParser
import Terminal
import Verification

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write case files without results, for a kernel to fill.",
    discussion: """
      Profiles:
      \(Profile.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

      Fill the files where they are: add results, and leave the rest of them as it is. Then 'check' the folder.
      """)

  @Option(help: "Which cases to write.")
  var profile = Profile.full

  @Option(
    help:
      "The 64-bit number that the inputs are derived from; by default one that nobody knows before."
  )
  var seed: UInt64?

  @Flag(help: "Leave out gradients, for a kernel that has none.")
  var forwardOnly = false

  @Option(help: "The folder to write to; it is made where it does not exist.")
  var out: String

  func run() throws {
    try badInput {
      let manifest =
        seed.map { Manifest(profile, seed: $0, isForwardOnly: forwardOnly) }
        ?? Manifest(profile, isForwardOnly: forwardOnly)
      for path in try manifest.write(to: out) { print(path) }
    }
  }
}

extension Profile: ExpressibleByArgument {}
