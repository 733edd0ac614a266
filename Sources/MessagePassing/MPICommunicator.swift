#if MPI
  public import Algebra
  internal import COpenMPI
  public import DeltaRule

  /// Ranks of MPI that send numbers of one type.
  ///
  /// One thread at a time may use it. No call waits longer than the time limit. After an error the ranks are no longer in step: end with
  /// ``World/abort(status:)``. But after a ``Disagreement``, which all ranks throw, they may go on.
  public struct MPICommunicator<Scalar: MPINumber>: Communicator, @unchecked Sendable {
    public let rank: Int
    public let count: Int
    let timeLimit: Duration
    let handle: MPI_Comm?
    let reversedHandle: MPI_Comm?

    public var reversed: MPICommunicator {
      MPICommunicator(
        rank: count - 1 - rank, count: count, timeLimit: timeLimit, handle: reversedHandle,
        reversedHandle: handle)
    }

    public func agree(on values: [(name: String, value: Int)]) throws {
      let values = values + [("the size of a number", MemoryLayout<Scalar>.size)]
      let mine = values.map { Int64($0.value) }
      let size = 2 * values.count
      let (sent, received) = (Buffer<Int64>(size), Buffer<Int64>(size))
      // The complement turns the order round, and every number has one.
      sent.fill(mine + mine.map { ~$0 })
      try wait("MPI_Iallreduce", within: timeLimit, for: sent, received) { request in
        MPI_Iallreduce(
          sent.start, received.start, Int32(size), open_mpi_int64(), open_mpi_max(), handle,
          &request)
      }
      for (place, value) in values.enumerated() {
        let (greatest, least) = (received.start[place], ~received.start[values.count + place])
        guard greatest == least else {
          throw Disagreement(name: value.name, values: Int(least)...Int(greatest))
        }
      }
    }

    public func exclusiveScan(
      _ transitions: [Transition<Scalar>]
    ) throws -> [Transition<Scalar>] {
      guard let first = transitions.first else { return [] }
      let (dk, dv) = (first.B.rows, first.B.columns)
      let size = dk * (dk + dv)
      let datatype = try TransitionDatatype(
        keyDimension: dk, valueDimension: dv, of: Scalar.datatype)
      var operation: MPI_Op?
      try check("MPI_Op_create", MPI_Op_create(Scalar.join, 0, &operation))
      defer { MPI_Op_free(&operation) }
      let count = try number(transitions.count, for: "MPI_Iexscan")
      let (sent, received) = (
        Buffer<Scalar>(transitions.count * size), Buffer<Scalar>(transitions.count * size)
      )
      for (place, transition) in transitions.enumerated() {
        transition.write(to: sent.start + place * size)
      }
      try wait("MPI_Iexscan", within: timeLimit, for: sent, received) { request in
        MPI_Iexscan(
          sent.start, received.start, count, datatype.handle, operation, handle,
          &request)
      }
      // MPI leaves undefined what rank 0 receives.
      return transitions.indices.map { place in
        rank == 0
          ? .identity(keyDimension: dk, valueDimension: dv)
          : Transition(from: received.start + place * size, dk, dv)
      }
    }

    public func send(_ state: Matrix<Scalar>) throws {
      let count = try number(state.entries.count, for: "MPI_Isend")
      let numbers = Buffer<Scalar>(state.entries.count)
      numbers.fill(state.entries)
      try wait("MPI_Isend", within: timeLimit, for: numbers) { request in
        MPI_Isend(
          numbers.start, count, Scalar.datatype, Int32(rank + 1), 0, handle,
          &request)
      }
    }

    public func receive(rows: Int, columns: Int) throws -> Matrix<Scalar> {
      let count = try number(rows * columns, for: "MPI_Irecv")
      let numbers = Buffer<Scalar>(rows * columns)
      try wait("MPI_Irecv", within: timeLimit, for: numbers) { request in
        MPI_Irecv(
          numbers.start, count, Scalar.datatype, Int32(rank - 1), 0, handle,
          &request)
      }
      return Matrix(rows, columns) { numbers.start[$0 * columns + $1] }
    }
  }
#endif
