#if MPI
  internal import COpenMPI
  internal import Glibc

  /// MPI from its start to its end. A process has one, and only the thread that made it may use it.
  public struct World {
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
      try check("MPI_Init_thread", MPI_Init_thread(nil, nil, Int32(MPI_THREAD_FUNNELED), &provided))
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
