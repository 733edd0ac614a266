import DeltaRule
import DeltaRuleCPU
import FoundationEssentials
internal import Reporting

/// The configurations that share one shape and one type of numbers, and are timed in the same rounds.
struct BenchmarkGroup: Equatable {
  private(set) var configurations: [BenchmarkConfiguration]

  var shape: BatchShape { configurations[0].shape }
  var numbers: BenchmarkNumbers { configurations[0].numbers }
  var hasGradients: Bool { configurations.contains(where: \.pass.isGradient) }
  var forms: [Form] { configurations.map(\.form).unique }

  /// Groups, in the order of their first members, with all the members that fit into so many bytes.
  static func groups(
    of configurations: [BenchmarkConfiguration], threads: Int, limit: Double
  ) -> (groups: [BenchmarkGroup], leftOut: [LeftOut]) {
    var groups: [BenchmarkGroup] = []
    var leftOut: [LeftOut] = []
    for configuration in configurations {
      let place = groups.firstIndex {
        $0.shape == configuration.shape && $0.numbers == configuration.numbers
      }
      let group = BenchmarkGroup(
        configurations: (place.map { groups[$0].configurations } ?? []) + [configuration])
      let needed = group.bytes(threads: threads)
      if needed > limit {
        leftOut.append(LeftOut(configuration: configuration, needed: needed, limit: limit))
      } else if let place {
        groups[place] = group
      } else {
        groups.append(group)
      }
    }
    return (groups, leftOut)
  }

  /// What its tensors take, and about what the workspaces do.
  private func bytes(threads: Int) -> Double {
    let (tokens, states) = (shape.tokensAndHeads, shape.stateNumbers)
    let (keys, values) = (
      tokens * Double(shape.keyDimension), tokens * Double(shape.valueDimension)
    )
    let forward = 2 * keys + 2 * values + tokens + 2 * states
    let backward = 2 * keys + 3 * values + tokens + 2 * states
    let workspaces = forms.reduce(0) { sum, form in
      let isGradient = configurations.contains { $0.form == form && $0.pass.isGradient }
      return sum
        + form.workspace(for: shape, withGradient: isGradient) * Double(threads)
    }
    // What the bandwidth is measured on is as large as the states.
    let bandwidth = configurations.contains { $0.pass == .decode } ? states : 0
    return (forward + (hasGradients ? backward : 0) + bandwidth + workspaces)
      * Double(numbers.size)
  }

  /// The bytes that a benchmark may take where nothing else is said: 8 GiB, or half of what the machine has.
  static let limit = min(Double(1 << 33), Double(ProcessInfo.processInfo.physicalMemory) / 2)
}

extension Form {
  /// About how many numbers of workspace a thread takes.
  fileprivate func workspace(for shape: BatchShape, withGradient: Bool) -> Double {
    let (L, dk, dv) = (
      Double(shape.longestSequence), Double(shape.keyDimension), Double(shape.valueDimension)
    )
    // Groups of 64 value columns or more add up to dq and dk.
    let parts = dv > 64 && withGradient ? (dv / 64).rounded(.up) * L * (2 * dk + 1) : 0
    switch self {
    case .fusedRecurrence, .decoding, .automatic:
      return (dk * dv + 130 * dk) * (withGradient ? 2 : 1) + parts
    case .fullyParallel, .chunkwise:
      let C = if case .chunkwise(let length) = self { min(Double(length), L) } else { L }
      let forward = 2 * C * dk + 2 * C * C + 2 * C * dv
      let backward = 4 * C * dk + 2 * C * C + 3 * C * dv + dk * dv + 2 * C * (L + C)
      return forward + (withGradient ? backward : 0) + parts
    }
  }
}
