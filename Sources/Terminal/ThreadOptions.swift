internal import ArgumentParser
import FoundationEssentials

/// How many threads compute.
package struct ThreadOptions: ParsableArguments {
  @Option(name: .customLong("jobs"), help: "How many threads compute.")
  package var count = ProcessInfo.processInfo.activeProcessorCount

  package init() {}

  package func validate() throws {
    if count < 1 { throw ValidationError("--jobs \(count): at least one is needed") }
  }
}
