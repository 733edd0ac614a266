public import Algebra

/// One way to compute the delta rule and its gradient, over the ring `Scalar`.
///
///     for formulation in Formulation<PrimeField>.all {
///       let solution = formulation.solve(problem, chunkLength: 16)
///     }
public struct Formulation<Scalar: Ring>: Sendable {
  /// The name that tables, options and failure reports use.
  public let name: String
  public let cost: Cost
  /// Whether the sequence is cut into chunks.
  public let isChunked: Bool
  @usableFromInline
  let takesVectorBeta: Bool
  @usableFromInline
  let forward: @Sendable (Problem<Scalar>, Int) -> Solution<Scalar>
  @usableFromInline
  let reverse: @Sendable (Problem<Scalar>, Cotangent<Scalar>, Int) -> Gradient<Scalar>

  /// A formulation that works on the whole sequence.
  ///
  /// - Parameters:
  ///   - takesVectorBeta: whether one β for each value column is allowed. Where it is not, such a
  ///     problem is solved one value column at a time.
  ///   - forward: the solution.
  ///   - backward: the gradient for a cotangent of the solution.
  @inlinable
  public init(
    _ name: String, cost: Cost, takesVectorBeta: Bool = false,
    forward: @escaping @Sendable (Problem<Scalar>) -> Solution<Scalar>,
    backward: @escaping @Sendable (Problem<Scalar>, Cotangent<Scalar>) -> Gradient<Scalar>
  ) {
    self.name = name
    self.cost = cost
    self.isChunked = false
    self.takesVectorBeta = takesVectorBeta
    self.forward = { problem, _ in forward(problem) }
    self.reverse = { problem, cotangent, _ in backward(problem, cotangent) }
  }

  /// A formulation that works chunk by chunk.
  @inlinable
  public init(
    chunked name: String, cost: Cost, takesVectorBeta: Bool = false,
    forward: @escaping @Sendable (Problem<Scalar>, _ chunkLength: Int) -> Solution<Scalar>,
    backward:
      @escaping @Sendable (
        Problem<Scalar>, Cotangent<Scalar>, _ chunkLength: Int
      ) -> Gradient<Scalar>
  ) {
    self.name = name
    self.cost = cost
    self.isChunked = true
    self.takesVectorBeta = takesVectorBeta
    self.forward = forward
    self.reverse = backward
  }

  /// The outputs and the final state.
  ///
  /// - Parameter chunkLength: C ≥ 1; formulations without chunks ignore it.
  @inlinable
  public func solve(_ problem: Problem<Scalar>, chunkLength: Int = 64) -> Solution<Scalar> {
    guard problem.hasVectorBeta, !takesVectorBeta else { return forward(problem, chunkLength) }
    let columns = (0..<problem.valueDimension).map {
      forward(problem.valueColumn($0), chunkLength)
    }
    return Solution(
      o: Matrix(columns: columns.map(\.o)),
      finalState: Matrix(columns: columns.map(\.finalState)))
  }

  /// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩, found by this formulation's own backward pass.
  ///
  /// - Parameters:
  ///   - cotangent: do and dht, in the shapes of o and of the final state.
  ///   - chunkLength: C ≥ 1; formulations without chunks ignore it.
  @inlinable
  public func gradient(
    of problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int = 64
  ) -> Gradient<Scalar> {
    guard problem.hasVectorBeta, !takesVectorBeta else {
      return reverse(problem, cotangent, chunkLength)
    }
    // Every value column reads the same queries and keys: what reaches those adds up.
    let columns = (0..<problem.valueDimension).map { column in
      reverse(
        problem.valueColumn(column),
        Cotangent(
          o: cotangent.o[column: column], finalState: cotangent.finalState[column: column]),
        chunkLength)
    }
    return Gradient(
      dq: columns.map(\.dq).reduce(.zero(problem.q.rows, problem.q.columns), +),
      dk: columns.map(\.dk).reduce(.zero(problem.k.rows, problem.k.columns), +),
      dv: Matrix(columns: columns.map(\.dv)), dbeta: Matrix(columns: columns.map(\.dbeta)),
      dh0: Matrix(columns: columns.map(\.dh0)))
  }
}

extension Formulation {
  /// Every formulation, the definition first. To add one: its file, and its entry here.
  @inlinable
  public static var all: [Formulation] {
    [
      Formulation(
        "recurrence", cost: .recurrence, takesVectorBeta: true,
        forward: { recurrence($0) }, backward: { recurrenceBackward($0, $1) }),
      Formulation(
        "decoding", cost: .decoding, takesVectorBeta: true,
        forward: { decoding($0) }, backward: { decodingBackward($0, $1) }),
      Formulation(
        "householder-product", cost: .householderProduct,
        forward: { householderProduct($0) }, backward: { householderProductBackward($0, $1) }),
      Formulation(
        "associative-scan", cost: .associativeScan,
        forward: { associativeScan($0) }, backward: { associativeScanBackward($0, $1) }),
      Formulation(
        "wy-sum", cost: .wySum,
        forward: { wySum($0) }, backward: { wySumBackward($0, $1) }),
      Formulation(
        "ut-transform", cost: .utTransform,
        forward: { utTransformed($0) }, backward: { utTransformedBackward($0, $1) }),
      Formulation(
        chunked: "chunkwise", cost: .chunkwise,
        forward: { chunkwise($0, chunkLength: $1) },
        backward: { chunkwiseBackward($0, $1, chunkLength: $2) }),
      Formulation(
        chunked: "chunkwise-solve", cost: .chunkwiseSolve, takesVectorBeta: true,
        forward: { chunkwiseSolve($0, chunkLength: $1) },
        backward: { chunkwiseSolveBackward($0, $1, chunkLength: $2) }),
      Formulation(
        "fully-parallel", cost: .fullyParallel,
        forward: { fullyParallel($0) }, backward: { fullyParallelBackward($0, $1) }),
      Formulation(
        chunked: "block-sweep", cost: .blockSweep,
        forward: { blockSweep($0, chunkLength: $1) },
        backward: { blockSweepBackward($0, $1, chunkLength: $2) }),
      Formulation(
        chunked: "neumann-series", cost: .neumann,
        forward: { chunkwise($0, chunkLength: $1, inverse: neumannInverse) },
        backward: { chunkwiseBackward($0, $1, chunkLength: $2, inverse: neumannInverse) }),
      Formulation(
        chunked: "repeated-squaring", cost: .repeatedSquaring,
        forward: { chunkwise($0, chunkLength: $1, inverse: squaringInverse) },
        backward: { chunkwiseBackward($0, $1, chunkLength: $2, inverse: squaringInverse) }),
    ]
  }

  /// The same list, which the compiler does not write out for `Scalar`: quicker to build and slower to run,
  /// for number types whose own arithmetic takes most of the time.
  public static var unspecialized: [Formulation] { all }

  /// The formulation called `name`, or nil.
  @inlinable
  public static func named(_ name: String) -> Formulation? { all.first { $0.name == name } }
}
