#if MPI
  internal import Algebra
  internal import COpenMPI
  internal import DeltaRule

  extension MPICommunicator {
    /// The states that enter this rank, which receives every rank's transitions and applies those before its own to a state.
    ///
    /// What ``HandingOn`` does without; as flash-linear-attention's `fla/ops/cp` does it.
    func statesEnteringByGathering(
      _ transitions: [Transition<Scalar>]
    ) throws -> [Matrix<Scalar>] {
      guard let first = transitions.first else { return [] }
      let (dk, dv) = (first.B.rows, first.B.columns)
      let size = dk * (dk + dv)
      let all = transitions.count * size
      let part = try number(count * all, for: "MPI_Iallgather") / Int32(count)
      let (sent, received) = (Buffer<Scalar>(all), Buffer<Scalar>(count * all))
      for (place, transition) in transitions.enumerated() {
        transition.write(to: sent.start + place * size)
      }
      try wait("MPI_Iallgather", within: timeLimit, for: sent, received) { request in
        MPI_Iallgather(
          sent.start, part, Scalar.datatype, received.start, part, Scalar.datatype,
          handle, &request)
      }
      return transitions.indices.map { place in
        (0..<rank).reduce(Matrix.zero(dk, dv)) { state, earlier in
          Transition(from: received.start + earlier * all + place * size, dk, dv).leaving(state)
        }
      }
    }

    /// Passes each rank's block round the ring until every rank has had all of them, as ring attention does keys and values.
    ///
    /// - Parameters:
    ///   - block: this rank's; afterwards that of the rank after it.
    ///   - spare: as large.
    func passRound(_ block: inout Buffer<Scalar>, _ spare: inout Buffer<Scalar>) throws {
      let size = try number(block.count, for: "MPI_Isend")
      for _ in 1..<count {
        var arrival: MPI_Request?
        try check(
          "MPI_Irecv",
          MPI_Irecv(
            spare.start, size, Scalar.datatype, Int32((rank + count - 1) % count), 0,
            handle, &arrival))
        try wait("MPI_Isend", within: timeLimit, for: block, spare) { request in
          MPI_Isend(
            block.start, size, Scalar.datatype, Int32((rank + 1) % count), 0, handle,
            &request)
        }
        try wait("MPI_Irecv", within: timeLimit, for: spare) { request in
          request = arrival
          return MPI_SUCCESS
        }
        swap(&block, &spare)
      }
    }
  }
#endif
