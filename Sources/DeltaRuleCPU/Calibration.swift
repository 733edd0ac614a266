import CDeltaKernels
import COpenBLAS

/// What the processor does at most, to hold kernels against. Each runs on the thread that calls it; OpenBLAS is held to one
/// thread in the whole process.
public struct Calibration<Number: KernelNumber>: ~Copyable {
  private let compiled: CompiledKernels
  private let matrices: Workspace<Number>
  private let states: Workspace<Number>
  private let size: Int
  private let stateNumbers: Int

  /// - Parameters:
  ///   - productSize: of the matrices that ``product()`` multiplies.
  ///   - stateNumbers: how many numbers ``update()`` goes through.
  /// - Precondition: the processor has the instruction set.
  public init(
    instructionSet: InstructionSet = .best, productSize: Int = 1024, stateNumbers: Int = 1 << 20
  ) {
    guard let compiled = Number.library.compiledKernels(for: instructionSet) else {
      preconditionFailure("this processor has no \(instructionSet.rawValue)")
    }
    self.compiled = compiled
    size = productSize
    self.stateNumbers = stateNumbers
    matrices = Workspace(workers: 3, numbers: productSize * productSize)
    states = Workspace(workers: 1, numbers: stateNumbers)
    for factor in 0..<3 { matrices[factor].update(repeating: 1, count: size * size) }
    states[0].update(repeating: 1, count: stateNumbers)
    if OpenBLAS.isAvailable { openblas_set_num_threads(1) }
  }

  /// Multiply-adds that stay in registers.
  ///
  /// - Returns: how many operations it did, two for a multiply-add.
  public func peak(rounds: Int = 100_000) -> Int { compiled.table.peak(rounds) }

  /// One square matrix product of OpenBLAS.
  ///
  /// - Precondition: there is OpenBLAS.
  /// - Returns: how many operations it did.
  public func product() -> Int {
    precondition(OpenBLAS.isAvailable, "\(MissingOpenBLAS())")
    Number.library.multiply(
      MatrixOperand(matrices[0], size), MatrixOperand(matrices[1], size), into: matrices[2],
      stride: size,
      m: size, n: size, depth: size, factor: 1, keep: 0)
    return 2 * size * size * size
  }

  /// Reads and writes every number of some states once.
  ///
  /// - Returns: how many bytes these are, counted once read and once written.
  public func update() -> Int {
    compiled.table.update(states[0], stateNumbers)
    return 2 * stateNumbers * MemoryLayout<Number>.stride
  }
}
