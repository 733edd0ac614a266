public import DeltaRuleCPU
import FoundationEssentials
internal import Reporting

/// What something was measured on.
public struct Machine: Equatable, Sendable {
  /// What the processor calls itself, where it says so.
  public let processor: String?
  /// How many threads run at the same time.
  public let cores: Int
  /// What the kernels were compiled for.
  public let instructionSet: InstructionSet

  /// This machine.
  public init(instructionSet: InstructionSet) {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    processor = lines.split(separator: "\n").first { $0.hasPrefix("model name") }
      .flatMap { line in
        line.firstIndex(of: ":").map { line[line.index(after: $0)...].trimmed }
      }
    cores = ProcessInfo.processInfo.activeProcessorCount
    self.instructionSet = instructionSet
  }
}
