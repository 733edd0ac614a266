public import Algebra

/// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩ in the inputs of a batched problem, each in the shape of
/// its input.
public struct BatchedGradient<Scalar: Ring>: Equatable, Sendable {
  public var dq: Tensor<Scalar>
  public var dk: Tensor<Scalar>
  public var dv: Tensor<Scalar>
  public var dbeta: Tensor<Scalar>
  public var dh0: Tensor<Scalar>

  @inlinable
  public init(
    dq: Tensor<Scalar>, dk: Tensor<Scalar>, dv: Tensor<Scalar>, dbeta: Tensor<Scalar>,
    dh0: Tensor<Scalar>
  ) {
    self.dq = dq
    self.dk = dk
    self.dv = dv
    self.dbeta = dbeta
    self.dh0 = dh0
  }

  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> BatchedGradient<Other> {
    BatchedGradient<Other>(
      dq: try dq.map(convert), dk: try dk.map(convert), dv: try dv.map(convert),
      dbeta: try dbeta.map(convert), dh0: try dh0.map(convert))
  }
}

extension BatchedSolution {
  /// - Throws: ``ShapeError`` where this is no cotangent of a solution of that shape.
  public func check(against shape: BatchShape) throws {
    guard o.shape == shape.values else {
      throw ShapeError(tensor: "do", shape: o.shape, expected: shape.values)
    }
    guard finalState.shape == shape.states else {
      throw ShapeError(tensor: "dht", shape: finalState.shape, expected: shape.states)
    }
  }
}

extension BatchedProblem {
  /// The gradient for a cotangent of the solution, every head of every sequence by `backward`.
  ///
  /// What value heads of one group send to the queries and keys they share adds up.
  ///
  /// - Parameter cotangent: do [B, L, H, dv] and dht [N, H, dk, dv].
  /// - Throws: ``ShapeError`` where the cotangent has another shape, and what `backward` throws.
  @inlinable
  public func gradient(
    _ cotangent: BatchedSolution<Scalar>,
    by backward: (Problem<Scalar>, Cotangent<Scalar>) throws -> Gradient<Scalar>
  ) throws -> BatchedGradient<Scalar> {
    try cotangent.check(against: shape)
    func zeros(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
      Tensor(repeating: .zero, shape: tensor.shape)
    }
    var total = BatchedGradient(
      dq: zeros(q), dk: zeros(k), dv: zeros(v), dbeta: zeros(beta), dh0: zeros(initialState))
    for sequence in 0..<sequenceCount {
      let (batch, tokens) = location(ofSequence: sequence)
      for head in 0..<headCount {
        let part = try backward(
          self.head(head, ofSequence: sequence),
          Cotangent(
            o: cotangent.o[batch, tokens: tokens, head: head],
            finalState: cotangent.finalState[sequence, stateOfHead: head]))
        let keyHead = keyHead(of: head)
        total.dq[batch, tokens: tokens, head: keyHead] += part.dq
        total.dk[batch, tokens: tokens, head: keyHead] += part.dk
        total.dv[batch, tokens: tokens, head: head] = part.dv
        total.dbeta[batch, tokens: tokens, head: head] = part.dbeta
        total.dh0[sequence, stateOfHead: head] = part.dh0
      }
    }
    return total
  }

  /// The solution, and a closure that turns a cotangent of the solution into the gradient of the inputs.
  ///
  ///     let (value, pullback) = problem.valueWithPullback(by: formulation, chunkLength: 64)
  ///     let loss = meanSquare(value.o - target)
  ///     let gradient = try pullback(BatchedSolution(o: lossGradient, finalState: zeros))
  ///
  /// - Parameters:
  ///   - formulation: any of `Formulation.all`.
  ///   - chunkLength: C ≥ 1; formulations without chunks ignore it.
  /// - Returns: the value, and the pullback; that throws ``ShapeError`` where the cotangent does not
  ///   have the value's shape.
  @inlinable
  public func valueWithPullback(
    by formulation: Formulation<Scalar>, chunkLength: Int = 64
  ) -> (
    value: BatchedSolution<Scalar>,
    pullback: @Sendable (BatchedSolution<Scalar>) throws -> BatchedGradient<Scalar>
  ) {
    (
      value: solve { formulation.solve($0, chunkLength: chunkLength) },
      pullback: { cotangent in
        try gradient(cotangent) { formulation.gradient(of: $0, $1, chunkLength: chunkLength) }
      }
    )
  }
}
