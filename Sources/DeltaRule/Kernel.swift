public import Algebra

/// The delta rule for whole batches, forward and backward, as libraries and devices compute it.
///
/// Where a ``Formulation`` speaks of one head, a kernel also decides which head reads what, and where
/// packed sequences begin. Each makes the other.
public struct Kernel<Scalar: Ring>: Sendable {
  /// The name that tables and failure reports use.
  public let name: String
  /// Whether the sequence is cut into chunks.
  public let isChunked: Bool
  /// The solution; C ≥ 1 is ignored by kernels without chunks.
  public let solve:
    @Sendable (BatchedProblem<Scalar>, _ chunkLength: Int) throws -> BatchedSolution<Scalar>
  /// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩ for a cotangent in the shape of the solution.
  public let gradient:
    @Sendable (BatchedProblem<Scalar>, _ cotangent: BatchedSolution<Scalar>, _ chunkLength: Int)
      throws -> BatchedGradient<Scalar>

  public init(
    _ name: String, isChunked: Bool,
    solve:
      @escaping @Sendable (BatchedProblem<Scalar>, _ chunkLength: Int) throws
      -> BatchedSolution<Scalar>,
    gradient:
      @escaping @Sendable (
        BatchedProblem<Scalar>, _ cotangent: BatchedSolution<Scalar>, _ chunkLength: Int
      ) throws -> BatchedGradient<Scalar>
  ) {
    self.name = name
    self.isChunked = isChunked
    self.solve = solve
    self.gradient = gradient
  }

  /// A formulation, head by head.
  @inlinable
  public init(_ formulation: Formulation<Scalar>) {
    self.init(
      formulation.name, isChunked: formulation.isChunked,
      solve: { problem, chunkLength in
        problem.solve { formulation.solve($0, chunkLength: chunkLength) }
      },
      gradient: { problem, cotangent, chunkLength in
        try problem.gradient(cotangent) {
          formulation.gradient(of: $0, $1, chunkLength: chunkLength)
        }
      })
  }
}
