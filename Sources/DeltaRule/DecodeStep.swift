public import Algebra

/// The delta rule for one token, as decoding wants it: the old state is read once.
///
///     x = β (v − k S)
///     o = scale · (q S + (q·k) x)
///     S ← S + kᵀ x
///
/// - Parameters:
///   - q: 1 × dk, as is `k`.
///   - v: 1 × dv.
///   - beta: 1 × 1, or 1 × dv.
///   - state: S, dk × dv; left as the state after this token.
/// - Returns: o, 1 × dv.
/// - Complexity: O(dk·dv), whatever came before.
/// - Source: q S_t with the write substituted. Proof: `Proofs/README.md#decode-step`.
@inlinable
public func decodeStep<Scalar: Ring>(
  q: Matrix<Scalar>, k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>, scale: Scalar,
  state S: inout Matrix<Scalar>
) -> Matrix<Scalar> {
  let x = beta .* (v - k * S)
  let o = scale * (q * S + (q * k.transposed) * x)
  S += k.transposed * x
  return o
}

/// A sequence decoded token by token.
///
/// - Complexity: ``Cost/decoding``.
@inlinable
public func decoding<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  var S = problem.initialState
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    o[row: t] = decodeStep(
      q: problem.q[row: t], k: problem.k[row: t], v: problem.v[row: t],
      beta: problem.beta[row: t], scale: problem.scale, state: &S)
  }
  return Solution(o: o, finalState: S)
}

extension Cost {
  public static let decoding = Cost(
    multiplications: L * (3 * state + dk + 3 * dv),
    additions: L * (3 * state + dk - 1),
    depth: L * (5 + lgdk) + 1,
    growth: (work: "L·dk·dv", depth: "L"))
}
