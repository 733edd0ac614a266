public import Algebra
import CDeltaKernels
import COpenBLAS

/// The numbers that kernels are compiled for: `Float` and `Double`.
public protocol KernelNumber: Real, BinaryFloatingPoint {
  /// The compiled kernels for an instruction set; nil where this processor has it not.
  static func compiledKernels(for set: InstructionSet) -> CompiledKernels?

  /// C ← factor · op(A) op(B) + keep · C, of m × n numbers and `depth` terms each; rows of C lie `ldc` apart.
  static func multiply(
    _ a: MatrixOperand<Self>, _ b: MatrixOperand<Self>, into c: UnsafeMutablePointer<Self>,
    _ ldc: Int, m: Int, n: Int, depth: Int, factor: Self, keep: Self)

  /// y += x, for so many numbers side by side.
  static func add(_ x: UnsafePointer<Self>, to y: UnsafeMutablePointer<Self>, count: Int)

  /// X ← (op(A))⁻¹ X for the m × m unit lower triangle of A, and n columns.
  static func solveUnitLower(
    _ a: MatrixOperand<Self>, _ x: UnsafeMutablePointer<Self>, _ ldx: Int, m: Int, n: Int)
}

/// A factor of a matrix product in memory.
public struct MatrixOperand<Number> {
  let start: UnsafePointer<Number>
  let stride: Int
  let isTransposed: Bool

  init(_ start: UnsafeMutablePointer<Number>, _ stride: Int, transposed: Bool = false) {
    self.start = UnsafePointer(start)
    self.stride = stride
    isTransposed = transposed
  }

  init(_ rows: Rows<Number>, transposed: Bool = false) {
    self.init(rows.start.unsafelyUnwrapped, rows.stride, transposed: transposed)
  }

  var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// The kernels compiled for one type of numbers and one instruction set.
public struct CompiledKernels: Sendable {
  let table: delta_kernels

  init?(_ number: delta_number, _ set: InstructionSet) {
    guard let table = delta_kernels_for(number, set.code) else { return nil }
    self.table = table.pointee
  }
}

extension Float: KernelNumber {
  public static func compiledKernels(for set: InstructionSet) -> CompiledKernels? {
    CompiledKernels(delta_f32, set)
  }

  public static func multiply(
    _ a: MatrixOperand<Float>, _ b: MatrixOperand<Float>, into c: UnsafeMutablePointer<Float>,
    _ ldc: Int, m: Int, n: Int, depth: Int, factor: Float, keep: Float
  ) {
    cblas_sgemm(
      CblasRowMajor, a.order, b.order, blasint(m), blasint(n), blasint(depth), factor, a.start,
      blasint(a.stride), b.start, blasint(b.stride), keep, c, blasint(ldc))
  }

  public static func add(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    cblas_saxpy(blasint(count), 1, x, 1, y, 1)
  }

  public static func solveUnitLower(
    _ a: MatrixOperand<Float>, _ x: UnsafeMutablePointer<Float>, _ ldx: Int, m: Int, n: Int
  ) {
    cblas_strsm(
      CblasRowMajor, CblasLeft, CblasLower, a.order, CblasUnit, blasint(m), blasint(n), 1, a.start,
      blasint(a.stride), x, blasint(ldx))
  }
}

extension Double: KernelNumber {
  public static func compiledKernels(for set: InstructionSet) -> CompiledKernels? {
    CompiledKernels(delta_f64, set)
  }

  public static func multiply(
    _ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, into c: UnsafeMutablePointer<Double>,
    _ ldc: Int, m: Int, n: Int, depth: Int, factor: Double, keep: Double
  ) {
    cblas_dgemm(
      CblasRowMajor, a.order, b.order, blasint(m), blasint(n), blasint(depth), factor, a.start,
      blasint(a.stride), b.start, blasint(b.stride), keep, c, blasint(ldc))
  }

  public static func add(
    _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
  ) {
    cblas_daxpy(blasint(count), 1, x, 1, y, 1)
  }

  public static func solveUnitLower(
    _ a: MatrixOperand<Double>, _ x: UnsafeMutablePointer<Double>, _ ldx: Int, m: Int, n: Int
  ) {
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, CblasLower, a.order, CblasUnit, blasint(m), blasint(n), 1, a.start,
      blasint(a.stride), x, blasint(ldx))
  }
}
