public import Algebra
import CDeltaKernels
import COpenBLAS

/// The numbers that kernels are compiled for: `Float` and `Double`.
public protocol KernelNumber: Real, BinaryFloatingPoint {
  /// What there is for them.
  static var library: KernelLibrary<Self> { get }
}

extension Float: KernelNumber {
  public static var library: KernelLibrary<Float> {
    KernelLibrary(
      kernels: delta_f32, gemm: cblas_sgemm, gemv: cblas_sgemv, trsm: cblas_strsm)
  }
}

extension Double: KernelNumber {
  public static var library: KernelLibrary<Double> {
    KernelLibrary(
      kernels: delta_f64, gemm: cblas_dgemm, gemv: cblas_dgemv, trsm: cblas_dtrsm)
  }
}

/// The compiled kernels, and the routines of OpenBLAS, for one type of numbers. Only where ``OpenBLAS`` is available may
/// its routines be called.
public struct KernelLibrary<Number: KernelNumber> {
  let kernels: delta_number
  let gemm:
    (
      CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, Number,
      UnsafePointer<Number>, blasint, UnsafePointer<Number>, blasint, Number,
      UnsafeMutablePointer<Number>, blasint
    ) -> Void
  let gemv:
    (
      CBLAS_ORDER, CBLAS_TRANSPOSE, blasint, blasint, Number, UnsafePointer<Number>, blasint,
      UnsafePointer<Number>, blasint, Number, UnsafeMutablePointer<Number>, blasint
    ) -> Void
  let trsm:
    (
      CBLAS_ORDER, CBLAS_SIDE, CBLAS_UPLO, CBLAS_TRANSPOSE, CBLAS_DIAG, blasint, blasint, Number,
      UnsafePointer<Number>, blasint, UnsafeMutablePointer<Number>, blasint
    ) -> Void

  /// The kernels compiled for an instruction set; nil where this processor has it not.
  func compiledKernels(for set: InstructionSet) -> CompiledKernels? {
    delta_kernels_for(kernels, set.code).map { CompiledKernels(table: $0.pointee) }
  }

  /// C ← factor · op(A) op(B) + keep · C, of m × n numbers and `depth` terms each; rows of C lie `stride` apart.
  package func multiply(
    _ a: MatrixOperand<Number>, _ b: MatrixOperand<Number>, into c: UnsafeMutablePointer<Number>,
    stride: Int, m: Int, n: Int, depth: Int, factor: Number, keep: Number
  ) {
    gemm(
      CblasRowMajor, a.order, b.order, blasint(m), blasint(n), blasint(depth), factor, a.start,
      blasint(a.stride), b.start, blasint(b.stride), keep, c, blasint(stride))
  }

  /// y ← A x, for m × n numbers of A.
  package func multiply(
    _ a: UnsafePointer<Number>, _ x: UnsafePointer<Number>, into y: UnsafeMutablePointer<Number>,
    m: Int, n: Int
  ) {
    gemv(CblasRowMajor, CblasNoTrans, blasint(m), blasint(n), 1, a, blasint(n), x, 1, 0, y, 1)
  }

  /// X ← (op(A))⁻¹ X for the m × m unit lower triangle of A, and n columns; rows of X lie `stride` apart.
  func solveUnitLower(
    _ a: MatrixOperand<Number>, _ x: UnsafeMutablePointer<Number>, stride: Int, m: Int, n: Int
  ) {
    trsm(
      CblasRowMajor, CblasLeft, CblasLower, a.order, CblasUnit, blasint(m), blasint(n), 1, a.start,
      blasint(a.stride), x, blasint(stride))
  }

  /// y += x, for so many numbers side by side.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  func add(_ x: UnsafePointer<Number>, to y: UnsafeMutablePointer<Number>, count: Int) {
    for i in 0..<count { y[i] += x[i] }
  }
}

/// A factor of a matrix product in memory.
package struct MatrixOperand<Number> {
  let start: UnsafePointer<Number>
  let stride: Int
  let isTransposed: Bool

  /// - Parameter stride: how far rows lie apart.
  package init(_ start: UnsafePointer<Number>, _ stride: Int, transposed: Bool = false) {
    self.start = start
    self.stride = stride
    isTransposed = transposed
  }

  package init(_ start: UnsafeMutablePointer<Number>, _ stride: Int, transposed: Bool = false) {
    self.init(UnsafePointer(start), stride, transposed: transposed)
  }

  init(_ rows: Rows<Number>, transposed: Bool = false) {
    self.init(rows.start.unsafelyUnwrapped, rows.stride, transposed: transposed)
  }

  var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// The kernels compiled for one type of numbers and one instruction set.
struct CompiledKernels: Sendable {
  let table: delta_kernels
}
