public import Algebra

/// The delta rule on one head of a sequence that is spread over ranks.
///
///     (A_r, B_r) = what the tokens of rank r do to a state          every rank, all at once
///     (P_r, H_r) = (A_{r−1}, B_{r−1}) ∘ … ∘ (A_0, B_0)              one exclusive scan
///     O_r        = the outputs of rank r from P_r S_0 + H_r         every rank, all at once
///
/// Rank 0 knows the state that enters it: its transition is the constant S ↦ A_0 S_0 + B_0, so that P_r = 0 and H_r is the
/// state itself, which need not be sent to every rank.
///
/// - Parameters:
///   - segment: the tokens of this rank, as many as it likes or none, with one β a token; its initial state is S_0 on
///     rank 0 and not read on others.
///   - chunkLength: C ≥ 1.
///   - ranks: who holds the tokens before and after.
/// - Returns: the outputs and the last state of the segment; and the segment with the state that entered it, which the
///   backward pass asks for.
/// - Throws: what the communicator throws.
/// - Complexity: on each rank ``Cost/chunkwise`` of its tokens and as much again; dk·(dk + dv) numbers a message.
/// - Source: the paper, section 3.1. Proof: `Proofs/SequenceParallel.md#sequence-parallel`.
@inlinable
public func sequenceParallel<Scalar>(
  _ segment: Problem<Scalar>, chunkLength: Int, on ranks: some Communicator<Scalar>
) throws -> (solution: Solution<Scalar>, entered: Problem<Scalar>) {
  var transition = Transition(of: segment, chunkLength: chunkLength)
  if ranks.rank == 0 { transition = Transition(constant: transition(segment.initialState)) }
  let before = try ranks.exclusiveScan([transition])[0]
  let entered = segment.tokens(
    0..<segment.length, from: ranks.rank == 0 ? segment.initialState : before.B)
  return (chunkwise(entered, chunkLength: chunkLength), entered)
}

/// The gradient by a scan of the adjoint transitions, from the last rank to the first.
///
///     dS ↦ A_rᵀ dS + B′_r          what the tokens of rank r do to the cotangent of the state that leaves them
///
/// - Parameters:
///   - entered: the segment with the state that entered it, from ``sequenceParallel(_:chunkLength:on:)``.
///   - cotangent: do, and what this rank adds to the cotangent of its last state: dht on the last rank, zero on others.
/// - Returns: the gradient of this rank's inputs. dh0 is the cotangent of the state that entered: on rank 0 that of S_0.
/// - Throws: what the communicator throws.
/// - Source: derived; proof: `Proofs/SequenceParallel.md#sequence-parallel-backward`.
@inlinable
public func sequenceParallelBackward<Scalar>(
  _ entered: Problem<Scalar>, _ cotangent: Cotangent<Scalar>, chunkLength: Int,
  on ranks: some Communicator<Scalar>
) throws -> Gradient<Scalar> {
  let adjoint = Transition(adjointOf: entered, cotangent, chunkLength: chunkLength)
  let after = try ranks.reversed.exclusiveScan([adjoint])[0]
  return chunkwiseBackward(
    entered, Cotangent(o: cotangent.o, finalState: cotangent.finalState + after.B),
    chunkLength: chunkLength)
}
