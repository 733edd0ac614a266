public import Algebra

/// One way to compute the delta rule, over the ring `Scalar`.
///
///     for formulation in Formulation<PrimeField>.all {
///       let solution = formulation.solve(problem, chunkLength: 16)
///     }
public struct Formulation<Scalar: Ring>: Sendable {
  /// The name that tables, options and failure reports use.
  public let name: String
  public let cost: Cost
  /// Whether ``solve(_:chunkLength:)`` cuts the sequence into chunks.
  public let isChunked: Bool
  let takesVectorBeta: Bool
  let body: @Sendable (Problem<Scalar>, Int) -> Solution<Scalar>

  /// A formulation that works on the whole sequence.
  ///
  /// - Parameter takesVectorBeta: whether `body` allows one β for each value column. Where it does
  ///   not, a problem with a vector β is solved one value column at a time.
  public init(
    _ name: String, cost: Cost, takesVectorBeta: Bool = false,
    _ body: @escaping @Sendable (Problem<Scalar>) -> Solution<Scalar>
  ) {
    self.name = name
    self.cost = cost
    self.isChunked = false
    self.takesVectorBeta = takesVectorBeta
    self.body = { problem, _ in body(problem) }
  }

  /// A formulation that works chunk by chunk.
  public init(
    chunked name: String, cost: Cost, takesVectorBeta: Bool = false,
    _ body: @escaping @Sendable (Problem<Scalar>, _ chunkLength: Int) -> Solution<Scalar>
  ) {
    self.name = name
    self.cost = cost
    self.isChunked = true
    self.takesVectorBeta = takesVectorBeta
    self.body = body
  }

  /// The outputs and the final state.
  ///
  /// - Parameter chunkLength: C ≥ 1; formulations without chunks ignore it.
  public func solve(_ problem: Problem<Scalar>, chunkLength: Int = 64) -> Solution<Scalar> {
    guard problem.hasVectorBeta, !takesVectorBeta else { return body(problem, chunkLength) }
    let columns = (0..<problem.valueDimension).map {
      body(problem.valueColumn($0), chunkLength)
    }
    return Solution(
      o: Matrix(problem.length, problem.valueDimension) { columns[$1].o[$0, 0] },
      finalState: Matrix(problem.keyDimension, problem.valueDimension) {
        columns[$1].finalState[$0, 0]
      })
  }
}

extension Formulation {
  /// Every formulation, the definition first. To add one: its file, and its line here.
  @inlinable
  public static var all: [Formulation] {
    [
      Formulation("recurrence", cost: .recurrence, takesVectorBeta: true) { recurrence($0) },
      Formulation("decoding", cost: .decoding, takesVectorBeta: true) { decoding($0) },
      Formulation("householder-product", cost: .householderProduct) { householderProduct($0) },
      Formulation("associative-scan", cost: .associativeScan) { associativeScan($0) },
      Formulation("wy-sum", cost: .wySum) { wySum($0) },
      Formulation("ut-transform", cost: .utTransform) { utTransformed($0) },
      Formulation(chunked: "chunkwise", cost: .chunkwise) { chunkwise($0, chunkLength: $1) },
      Formulation(chunked: "chunkwise-solve", cost: .chunkwiseSolve, takesVectorBeta: true) {
        chunkwiseSolve($0, chunkLength: $1)
      },
      Formulation("fully-parallel", cost: .fullyParallel) { fullyParallel($0) },
      Formulation(chunked: "block-sweep", cost: .blockSweep) { blockSweep($0, chunkLength: $1) },
    ]
  }
}
