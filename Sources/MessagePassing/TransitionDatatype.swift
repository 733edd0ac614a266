#if MPI
  internal import Algebra
  public import COpenMPI
  internal import DeltaRule

  /// The datatype of a transition: dk rows, of A and B side by side, of dk + dv numbers.
  ///
  /// It tells the operation that joins two what their shape is.
  struct TransitionDatatype: ~Copyable {
    private(set) var handle: MPI_Datatype?

    /// - Throws: ``MPIError`` where a transition has 2 GiB or more, which MPI does not tell the size of.
    init(
      keyDimension: Int, valueDimension: Int, of number: MPI_Datatype
    ) throws(MPIError) {
      var bytes: Int32 = 0
      try check("MPI_Type_size", MPI_Type_size(number, &bytes))
      _ = try MessagePassing.number(
        keyDimension * (keyDimension + valueDimension) * Int(bytes), for: "MPI_Type_contiguous")
      var row: MPI_Datatype?
      try check(
        "MPI_Type_contiguous",
        MPI_Type_contiguous(Int32(keyDimension + valueDimension), number, &row))
      defer { MPI_Type_free(&row) }
      try check("MPI_Type_contiguous", MPI_Type_contiguous(Int32(keyDimension), row, &handle))
      try check("MPI_Type_commit", MPI_Type_commit(&handle))
    }

    deinit {
      var handle = handle
      MPI_Type_free(&handle)
    }
  }

  /// later[i] ← later[i] ∘ earlier[i]: what MPI asks of an operation whose left operand comes from lower ranks.
  public func joinTransitions<Scalar: MPINumber>(
    _ earlier: UnsafeMutableRawPointer?, _ later: UnsafeMutableRawPointer?,
    _ count: UnsafeMutablePointer<Int32>?, _ datatype: UnsafeMutablePointer<MPI_Datatype?>?,
    of number: Scalar.Type
  ) {
    guard let earlier, let later, let count, let datatype else { return }
    var keyDimension: Int32 = 0
    var row: MPI_Datatype?
    // An operation has no way to report an error; these calls are local and their arguments were made here.
    MPI_Type_get_contents(datatype.pointee, 1, 0, 1, &keyDimension, nil, &row)
    MPI_Type_free(&row)
    var bytes: Int32 = 0
    MPI_Type_size(datatype.pointee, &bytes)
    let dk = Int(keyDimension)
    let dv = Int(bytes) / (dk * MemoryLayout<Scalar>.stride) - dk
    let size = dk * (dk + dv)
    let (before, after) = (
      earlier.assumingMemoryBound(to: Scalar.self), later.assumingMemoryBound(to: Scalar.self)
    )
    for i in 0..<Int(count.pointee) {
      let joined = Transition(from: after + i * size, dk, dv)
        .joined(after: Transition(from: before + i * size, dk, dv))
      joined.write(to: after + i * size)
    }
  }

  extension Transition {
    init(from numbers: UnsafePointer<Scalar>, _ dk: Int, _ dv: Int) {
      self.init(
        A: Matrix(dk, dk) { numbers[$0 * (dk + dv) + $1] },
        B: Matrix(dk, dv) { numbers[$0 * (dk + dv) + dk + $1] })
    }

    func write(to numbers: UnsafeMutablePointer<Scalar>) {
      let (dk, dv) = (B.rows, B.columns)
      for i in 0..<dk {
        for j in 0..<dk { numbers[i * (dk + dv) + j] = A[i, j] }
        for j in 0..<dv { numbers[i * (dk + dv) + dk + j] = B[i, j] }
      }
    }
  }
#endif
