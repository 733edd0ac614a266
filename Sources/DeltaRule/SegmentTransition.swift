public import Algebra

extension Transition {
  /// What a segment of tokens does to the state that enters it, chunk after chunk.
  ///
  ///     A ← A − Kᵀ (W A)        B ← B + Kᵀ (U − W B)        from A = I, B = 0
  ///
  /// For a segment of one chunk that is S ↦ S − (Kᵀ W) S + Kᵀ U.
  ///
  /// - Parameter segment: with one β a token; its initial state is not read.
  /// - Complexity: O(L·C·(C + dk + dv) + L·dk·(dk + dv)).
  /// - Source: the paper, equation 8. Proof: `Proofs/SequenceParallel.md#segment-transition`.
  @inlinable
  public init(of segment: Problem<Scalar>, chunkLength: Int) {
    var A = Matrix<Scalar>.identity(segment.keyDimension)
    var B = Matrix<Scalar>.zero(segment.keyDimension, segment.valueDimension)
    for chunk in segment.chunks(of: chunkLength) {
      let k = segment.k[rows: chunk]
      let wy = WYRepresentation(
        utTransformOf: k, v: segment.v[rows: chunk], beta: segment.beta[rows: chunk])
      A -= k.transposed * (wy.w * A)
      B += k.transposed * (wy.u - wy.w * B)
    }
    self.init(A: A, B: B)
  }

  /// What a segment does to the cotangent that comes back to its end, beside its own dht.
  ///
  ///     A ← A − Wᵀ (K A)                                     from A = I, the last chunk first
  ///     B ← B + scale · Qᵀ dO − Wᵀ (scale · tril(Q Kᵀ)ᵀ dO + K B)        from B = dht
  ///
  /// The cotangent of the state that enters the segment is A dS + B. Neither values nor states are read.
  ///
  /// - Parameters:
  ///   - segment: with one β a token.
  ///   - cotangent: do and dht of the segment.
  /// - Complexity: O(L·C·(C + dk + dv) + L·dk·(dk + dv)).
  /// - Source: derived; proof: `Proofs/SequenceParallel.md#segment-adjoint`.
  @inlinable
  public init(
    adjointOf segment: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int
  ) {
    var A = Matrix<Scalar>.identity(segment.keyDimension)
    var B = cotangent.finalState
    for chunk in segment.chunks(of: chunkLength).reversed() {
      let (q, k, dO) = (segment.q[rows: chunk], segment.k[rows: chunk], cotangent.o[rows: chunk])
      let W = utTransform(k: k, beta: segment.beta[rows: chunk]) * k
      let scores = (q * k.transposed).lowerTriangle
      A -= W.transposed * (k * A)
      B +=
        segment.scale * (q.transposed * dO)
        - W.transposed * (segment.scale * (scores.transposed * dO) + k * B)
    }
    self.init(A: A, B: B)
  }

  /// The state `state`, whatever enters.
  @inlinable
  public init(constant state: Matrix<Scalar>) {
    self.init(A: .zero(state.rows, state.rows), B: state)
  }

  @inlinable
  var isConstant: Bool { A.entries.allSatisfy { $0 == .zero } }

  /// ``after(_:)``, but what is not finite does not get past a constant.
  @inlinable
  public func joined(after earlier: Transition) -> Transition {
    isConstant ? self : after(earlier)
  }

  /// The state that leaves, but what is not finite does not get past a constant.
  @inlinable
  public func leaving(_ entering: Matrix<Scalar>) -> Matrix<Scalar> {
    isConstant ? B : self(entering)
  }
}
