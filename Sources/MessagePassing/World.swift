#if MPI
  internal import COpenMPI
  internal import Glibc

  /// MPI from its start to its end. A process has one, and one thread at a time may use it.
  public struct World: @unchecked Sendable {
    public let rank: Int
    public let count: Int
    /// How long a call that waits for other ranks may take.
    public let timeLimit: Duration
    private let forward: MPI_Comm?
    private let backward: MPI_Comm?

    /// Starts MPI, in which all ranks must take part.
    ///
    /// Open MPI is asked to scan by recursive doubling, unless the environment says otherwise.
    ///
    /// - Parameter timeLimit: how long a call may wait for other ranks. Starting and ending are not limited.
    public init(timeLimit: Duration) throws(MPIError) {
      // Open MPI's scan would pass prefixes from rank to rank; by recursive doubling it takes log₂ rounds.
      setenv("OMPI_MCA_coll_libnbc_iexscan_algorithm", "2", 0)
      var provided: Int32 = 0
      let wanted = Int32(MPI_THREAD_SERIALIZED)
      try check("MPI_Init_thread", MPI_Init_thread(nil, nil, wanted, &provided))
      guard provided >= wanted else {
        throw .failed(
          call: "MPI_Init_thread",
          reason: "it lets only the first thread make calls; take an MPI that was built for threads"
        )
      }
      let world = open_mpi_world()
      try check(
        "MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(world, open_mpi_errors_return()))
      var (rank, count): (Int32, Int32) = (0, 0)
      try check("MPI_Comm_rank", MPI_Comm_rank(world, &rank))
      try check("MPI_Comm_size", MPI_Comm_size(world, &count))
      // They inherit the handler of errors, and keep these messages apart from others.
      var (forward, backward): (MPI_Comm?, MPI_Comm?)
      try check("MPI_Comm_split", MPI_Comm_split(world, 0, rank, &forward))
      try check("MPI_Comm_split", MPI_Comm_split(world, 0, count - rank, &backward))
      self.rank = Int(rank)
      self.count = Int(count)
      self.timeLimit = timeLimit
      self.forward = forward
      self.backward = backward
    }

    /// All ranks, in their order.
    public func ranks<Scalar: MPINumber>(sending _: Scalar.Type) -> MPICommunicator<Scalar> {
      MPICommunicator(
        rank: rank, count: count, timeLimit: timeLimit, handle: forward, reversedHandle: backward)
    }

    /// What each rank contributes, on every rank, in the order of the ranks.
    ///
    /// - Parameter bytes: 2 GiB at most, those of all ranks together.
    public func allGather(_ bytes: [UInt8]) throws(MPIError) -> [[UInt8]] {
      let (size, sizes) = (Buffer<Int64>(1), Buffer<Int64>(count))
      size.fill([Int64(bytes.count)])
      try wait("MPI_Iallgather", within: timeLimit, for: size, sizes) { request in
        MPI_Iallgather(
          size.start, 1, open_mpi_int64(), sizes.start, 1, open_mpi_int64(), forward, &request)
      }
      let ends = (0..<count).reduce(into: [0]) { $0.append($0[$1] + Int(sizes.start[$1])) }
      _ = try number(ends[count], for: "MPI_Iallgatherv")
      let (counts, starts) = (Buffer<Int32>(count), Buffer<Int32>(count))
      counts.fill((0..<count).map { Int32(sizes.start[$0]) })
      starts.fill(ends.dropLast().map { Int32($0) })
      let (sent, received) = (Buffer<UInt8>(bytes.count), Buffer<UInt8>(ends[count]))
      sent.fill(bytes)
      try wait(
        "MPI_Iallgatherv", within: timeLimit, for: sent, received, counts, starts
      ) { request in
        MPI_Iallgatherv(
          sent.start, Int32(bytes.count), open_mpi_byte(), received.start, counts.start,
          starts.start, open_mpi_byte(), forward, &request)
      }
      return (0..<count).map { rank in
        Array(
          UnsafeBufferPointer(
            start: received.start + ends[rank], count: ends[rank + 1] - ends[rank]))
      }
    }

    /// Ends MPI, in which all ranks must take part.
    public func end() throws(MPIError) {
      var (forward, backward) = (forward, backward)
      try check("MPI_Comm_free", MPI_Comm_free(&forward))
      try check("MPI_Comm_free", MPI_Comm_free(&backward))
      try check("MPI_Finalize", MPI_Finalize())
    }

    /// Ends all ranks at once, this one with the exit status `status`: the way out after an error, where others may wait
    /// for this rank.
    public func abort(status: Int32) -> Never {
      MPI_Abort(open_mpi_world(), status)
      preconditionFailure("MPI_Abort returned")
    }
  }
#endif
