#if MPI
  public import Algebra
  public import COpenMPI

  /// A number that ranks of MPI can send to each other.
  public protocol MPINumber: Ring, BitwiseCopyable {
    /// The datatype of one number, committed.
    static var datatype: MPI_Datatype { get }

    /// Joins transitions of such numbers: ``joinTransitions(_:_:_:_:of:)``, which a C function cannot be
    /// generic about.
    static var join: MPIOperation { get }
  }

  /// What MPI calls to put two arrays together.
  public typealias MPIOperation =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
      UnsafeMutablePointer<MPI_Datatype?>?
    ) -> Void

  /// A number that ranks of MPI can send with its running error.
  public protocol MPIRoundedNumber: MPINumber, RoundedArithmetic {
    /// Joins transitions of such numbers with their running errors.
    static var joinWithBounds: MPIOperation { get }
  }

  extension Float: MPIRoundedNumber {
    public static var datatype: MPI_Datatype { open_mpi_float() }

    public static var join: MPIOperation { { joinTransitions($0, $1, $2, $3, of: Float.self) } }

    public static var joinWithBounds: MPIOperation {
      { joinTransitions($0, $1, $2, $3, of: RunningError<Float>.self) }
    }
  }

  extension Double: MPIRoundedNumber {
    public static var datatype: MPI_Datatype { open_mpi_double() }

    public static var join: MPIOperation { { joinTransitions($0, $1, $2, $3, of: Double.self) } }

    public static var joinWithBounds: MPIOperation {
      { joinTransitions($0, $1, $2, $3, of: RunningError<Double>.self) }
    }
  }

  extension RunningError: MPINumber where Base: MPIRoundedNumber {
    public static var datatype: MPI_Datatype {
      precondition(MemoryLayout<Self>.stride == BytesDatatype.ofRunningErrors.count)
      return BytesDatatype.ofRunningErrors.handle
    }

    public static var join: MPIOperation { Base.joinWithBounds }
  }

  /// So many bytes that stay together.
  private struct BytesDatatype: @unchecked Sendable {
    /// Made where it is first asked for, which is after the start of MPI; there until its end.
    static let ofRunningErrors = BytesDatatype(MemoryLayout<RunningError<Double>>.stride)

    let count: Int
    let handle: MPI_Datatype

    private init(_ count: Int) {
      var handle: MPI_Datatype?
      guard MPI_Type_contiguous(Int32(count), open_mpi_byte(), &handle) == MPI_SUCCESS,
        MPI_Type_commit(&handle) == MPI_SUCCESS, let handle
      else { preconditionFailure("MPI makes no datatype of \(count) bytes: it has not started") }
      self.count = count
      self.handle = handle
    }
  }
#endif
