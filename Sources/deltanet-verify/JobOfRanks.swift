import ArgumentParser
import FoundationEssentials
import PropertyTesting
import Terminal
import Verification

#if MPI
  import MessagePassing

  /// The processes that `mpirun` started together; they share the cases of a run.
  struct JobOfRanks {
    private let world: World

    /// Takes part in the job; nil where this process was started alone.
    ///
    /// - Throws: bad input where another MPI has started it.
    init?() throws {
      guard let count = Self.count else { return nil }
      world = try badInput { try limited(to: 60) { try World(timeLimit: .seconds(60)) } }
      guard world.count == count else {
        throw reportBadInput(
          "\(count) processes were started together, of which this one meets \(world.count); start them with the "
            + "'mpirun' of the Open MPI that the program was built with")
      }
    }

    /// What this rank checks.
    var shard: Shard { Shard(world.rank + 1, of: world.count) }

    /// What all ranks have found, on every rank; ends MPI.
    ///
    /// - Parameter duration: how long this rank took. Others have as much to do: they may take ten times as long, and a minute.
    func joined(
      _ outcome: Verification.Outcome, after duration: Duration
    ) throws -> Verification.Outcome {
      let reports: [[UInt8]]
      do {
        reports = try world.allGather(
          Array(ShardReport(outcome).json().utf8), within: .seconds(60) + duration * 10)
        try limited(to: 60) { try world.end() }
      } catch let error as MPIError {
        tell("deltanet-verify: rank \(world.rank): \(error)")
        world.abort(status: 2)
      }
      return try badInput {
        try outcome.verification.joined(
          reports.enumerated().map { rank, bytes in
            ("rank \(rank)", try ShardReport(json: bytes, from: "rank \(rank)"))
          })
      }
    }
  }
#else
  /// The processes that `mpirun` started together: none, without MPI.
  enum JobOfRanks {
    /// - Throws: bad input where this process was not started alone.
    init?() throws {
      if let count = Self.count, count > 1 {
        throw reportBadInput(
          "\(count) processes were started together, and this program was built without MPI; build it with "
            + "'--traits MPI', or give each of them its part by --shard and --json")
      }
      return nil
    }

    var shard: Shard { switch self {} }

    func joined(
      _ outcome: Verification.Outcome, after duration: Duration
    ) throws -> Verification.Outcome {
      switch self {}
    }
  }
#endif

extension JobOfRanks {
  /// How many processes were started together; nil where this one was started alone.
  static var count: Int? {
    let environment = ProcessInfo.processInfo.environment
    return (environment["OMPI_COMM_WORLD_SIZE"] ?? environment["PMI_SIZE"]).flatMap { Int($0) }
  }
}
