public import Algebra

/// How states get from rank to rank.
///
/// - Source: derived; proof: `Proofs/SequenceParallel.md#scan-or-ring`.
public enum HandingOn: String, CaseIterable, Sendable {
  /// Transitions are scanned, all heads at once: logarithmically many messages of dk·(dk + dv) numbers a head.
  case scan
  /// Each rank hands on the states that leave it, one head after another: dk·dv numbers a head, but every rank waits for all
  /// before it.
  case ring

  /// The states that enter this rank, from what its tokens do to them; zero enters rank 0.
  @inlinable
  public func statesEntering<Scalar>(
    _ transitions: [Transition<Scalar>], on ranks: some Communicator<Scalar>
  ) throws -> [Matrix<Scalar>] {
    switch self {
    case .scan:
      return try ranks.exclusiveScan(transitions).map(\.B)
    case .ring:
      return try transitions.map { transition in
        let (dk, dv) = (transition.B.rows, transition.B.columns)
        let state = ranks.rank == 0 ? .zero(dk, dv) : try ranks.receive(rows: dk, columns: dv)
        if ranks.rank + 1 < ranks.count { try ranks.send(transition.leaving(state)) }
        return state
      }
    }
  }
}
