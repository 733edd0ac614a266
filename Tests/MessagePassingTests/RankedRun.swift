#if MPI
  import Foundation
  import Testing

  /// `deltanet-verify` on ranks of this machine.
  final class RankedRun {
    /// What takes longer hangs, even on a busy machine.
    private static let limit: TimeInterval = 600

    private let process = Process()
    private let (output, errors) = (Pipe(), Pipe())
    /// What the ranks of this run, and no others, have in their environment.
    private let mark = "DELTANET_RANKS=\(UUID())"

    /// - Parameters:
    ///   - ranks: how many have which arguments.
    ///   - environment: what they have in their environment besides.
    init(
      _ ranks: [(count: Int, arguments: [String])], environment: [String: String] = [:]
    ) throws {
      let program = URL(filePath: CommandLine.arguments[0])
        .deletingLastPathComponent().appending(path: "deltanet-verify").path
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments =
        [mark, "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"]
        // Containers may forbid to read another process's memory.
        + ["OMPI_MCA_btl_vader_single_copy_mechanism=none", "mpirun", "--oversubscribe"]
        + ranks.map {
          ["-n", "\($0.count)", "env"] + environment.map { "\($0)=\($1)" } + [program]
            + $0.arguments
        }.joined(separator: [":"])
      process.standardOutput = output
      process.standardError = errors
      try process.run()
    }

    /// The processes of the ranks that there are.
    var ranks: [Int: pid_t] {
      var ranks: [Int: pid_t] = [:]
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      for pid in names.compactMap({ pid_t($0) }) {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
          continue
        }
        let variables = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
        guard variables.contains(mark[...]) else { continue }
        let rank = variables.lazy.compactMap { $0.wholeMatch(of: /OMPI_COMM_WORLD_RANK=(\d+)/)?.1 }
        if let rank = rank.first.flatMap({ Int($0) }) { ranks[rank] = pid }
      }
      return ranks
    }

    /// Sends a signal to a rank as soon as it has begun to compute.
    func signal(_ signal: Int32, rank: Int) throws {
      let deadline = Date(timeIntervalSinceNow: Self.limit)
      while ranks[rank] == nil, Date() < deadline { usleep(10_000) }
      // Where it is then does not matter to what must come of it.
      usleep(1_000_000)
      kill(try #require(ranks[rank]), signal)
    }

    /// The end of the run.
    ///
    /// What it prints fits into pipes.
    func finished() throws -> End {
      let deadline = Date(timeIntervalSinceNow: Self.limit)
      while process.isRunning, Date() < deadline { usleep(10_000) }
      if process.isRunning {
        process.terminate()
        for pid in ranks.values { kill(pid, SIGKILL) }
        Issue.record("the run hangs")
      }
      process.waitUntilExit()
      func text(_ pipe: Pipe) -> String {
        String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      }
      return End(status: process.terminationStatus, output: text(output), errors: text(errors))
    }

    struct End {
      let status: Int32
      let output: String
      let errors: String

      /// Whether ranks say that another did not answer in time, be it that MPI had not yet started.
      func saysThatARankIsLate(_ seconds: Int) -> Bool {
        errors.contains("did not end within \(seconds).0 seconds")
          || errors.contains("MPI did not start, or end, within the time limit")
      }
    }
  }
#endif
