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
    /// - Parameter timeLimit: how many seconds a rank waits for others.
    /// - Throws: bad input where another MPI has started it.
    init?(timeLimit: UInt32) throws {
      guard let count = Self.count else { return nil }
      world = try World.started(timeLimit: timeLimit)
      guard world.count == count else {
        throw reportBadInput(
          "\(count) processes were started together, of which this one meets \(world.count); start them with the "
            + "'mpirun' of the Open MPI that the program was built with")
      }
    }

    /// What this rank checks.
    var shard: Shard { Shard(world.rank + 1, of: world.count) }

    /// Puts together, on every rank, what all have found; rank 0 tells of it; ends MPI, and with it the job: ranks that end
    /// before others have spoken would end those.
    func finish(
      _ outcome: Verification.Outcome, telling tell: (Verification.Outcome) throws -> Void
    ) throws {
      let reports: [[UInt8]]
      do {
        reports = try world.allGather(Array(ShardReport(outcome).json().utf8))
      } catch let error as MPIError {
        world.leave(after: error)
      }
      let told = Result {
        let whole = try badInput {
          try outcome.verification.joined(
            reports.enumerated().map { rank, bytes in
              ("rank \(rank)", try ShardReport(json: bytes, from: "rank \(rank)"))
            })
        }
        if world.rank == 0 { try tell(whole) }
        if !whole.holds { throw ExitCode(1) }
      }
      try world.finish()
      try told.get()
    }
  }
#else
  /// The processes that `mpirun` started together: none, without MPI.
  enum JobOfRanks {
    /// - Throws: bad input where this process was not started alone.
    init?(timeLimit: UInt32) throws {
      if let count = Self.count, count > 1 {
        throw reportBadInput(
          "\(count) processes were started together, and this program was built without MPI; build it with "
            + "'--traits MPI', or give each of them its part by --shard and --json")
      }
      return nil
    }

    var shard: Shard { switch self {} }

    func finish(
      _ outcome: Verification.Outcome, telling tell: (Verification.Outcome) throws -> Void
    ) throws {
      switch self {}
    }
  }
#endif

extension JobOfRanks {
  /// How many processes were started together, by Open MPI, by another MPI or by Slurm; nil where this one was started alone.
  static var count: Int? {
    let environment = ProcessInfo.processInfo.environment
    let count =
      environment["OMPI_COMM_WORLD_SIZE"] ?? environment["PMI_SIZE"]
      ?? (environment["PMIX_RANK"] == nil ? nil : environment["SLURM_STEP_NUM_TASKS"])
    return count.flatMap { Int($0) }
  }
}
