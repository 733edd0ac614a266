#if MPI
  internal import COpenMPI
  internal import Glibc

  /// Starts a call of MPI and waits for its end.
  ///
  /// - Parameters:
  ///   - limit: how long it may take.
  ///   - buffers: what the call reads and writes; given up where it fails, as MPI may still use them.
  func wait<each Number>(
    _ call: String, within limit: Duration, for buffers: repeat Buffer<each Number>,
    start: (inout MPI_Request?) -> Int32
  ) throws(MPIError) {
    do throws(MPIError) {
      var request: MPI_Request?
      try check(call, start(&request))
      let start = ContinuousClock.now
      var isDone: Int32 = 0
      while true {
        try check(call, MPI_Test(&request, &isDone, open_mpi_status_ignore()))
        if isDone != 0 { return }
        let waited = ContinuousClock.now - start
        guard waited < limit else { throw .late(call: call, limit: limit) }
        // Ranks may share a core.
        if waited < .milliseconds(10) { sched_yield() } else { usleep(100) }
      }
    } catch {
      repeat (each buffers).giveUp()
      throw error
    }
  }

  /// Memory that a call of MPI reads or writes until it has ended.
  final class Buffer<Number: BitwiseCopyable> {
    let start: UnsafeMutablePointer<Number>
    let count: Int
    private var isGivenUp = false

    init(_ count: Int) {
      self.count = count
      start = .allocate(capacity: count)
    }

    func fill(_ numbers: [Number]) {
      for (place, number) in numbers.enumerated() { (start + place).initialize(to: number) }
    }

    func giveUp() { isGivenUp = true }

    deinit { if !isGivenUp { start.deallocate() } }
  }
#endif
