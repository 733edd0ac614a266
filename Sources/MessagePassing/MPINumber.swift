#if MPI
  public import Algebra
  public import COpenMPI

  /// A number that ranks of MPI can send to each other.
  public protocol MPINumber: Ring, BitwiseCopyable {
    /// The datatype of one number, committed.
    static var datatype: MPI_Datatype { get }

    /// Joins transitions of such numbers: ``joinTransitions(_:_:_:_:of:)``, which a C function cannot be
    /// generic about.
    static var join:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
        UnsafeMutablePointer<MPI_Datatype?>?
      ) -> Void
    { get }
  }

  extension Float: MPINumber {
    public static var datatype: MPI_Datatype { open_mpi_float() }

    public static var join:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
        UnsafeMutablePointer<MPI_Datatype?>?
      ) -> Void
    { { joinTransitions($0, $1, $2, $3, of: Float.self) } }
  }

  extension Double: MPINumber {
    public static var datatype: MPI_Datatype { open_mpi_double() }

    public static var join:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
        UnsafeMutablePointer<MPI_Datatype?>?
      ) -> Void
    { { joinTransitions($0, $1, $2, $3, of: Double.self) } }
  }
#endif
