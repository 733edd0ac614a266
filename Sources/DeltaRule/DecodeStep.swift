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
///   - S: the state, dk × dv; left as the state after this token.
/// - Returns: o, 1 × dv.
/// - Complexity: O(dk·dv), whatever came before.
/// - Source: q S_t with the write substituted. Proof: `Proofs/DecodeStep.md#decode-step`.
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

/// The gradient with the states recomputed: dS alone runs backwards, and the states forwards again.
///
///     dx = k dS′ + scale · (q·k) do       dv = β dx,  dβ = dx·e         backwards; dS′ after the token
///     dS = dS′ + scale · qᵀ do − kᵀ dv
///     dg = scale · do·x                   dq = scale · do Sᵀ + dg k     forwards; S before the token
///     dk = x dS′ᵀ + dg q − dv Sᵀ
///
/// - Complexity: O(L·(dk + dv) + dk·dv) memory: the errors e of the forward pass are all that is kept.
/// - Source: derived; proof: `Proofs/DecodeStep.md#decoding-backward`.
@inlinable
public func decodingBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  func write(_ t: Int, _ e: Matrix<Scalar>) -> Matrix<Scalar> {
    problem.k[row: t].transposed * (problem.beta[row: t] .* e)
  }
  var S = problem.initialState
  var errors = problem.v
  for t in 0..<problem.length {
    errors[row: t] -= problem.k[row: t] * S
    S += write(t, errors[row: t])
  }
  var gradient = Gradient(zerosFor: problem)
  var dS = cotangent.finalState
  for t in (0..<problem.length).reversed() {
    let (q, k, beta) = (problem.q[row: t], problem.k[row: t], problem.beta[row: t])
    let (e, dO) = (errors[row: t], cotangent.o[row: t])
    let dx = k * dS + problem.scale * ((q * k.transposed) * dO)
    gradient.dbeta[row: t] = (dx .* e).collected(into: beta.columns)
    gradient.dv[row: t] = beta .* dx
    gradient.dk[row: t] = (beta .* e) * dS.transposed
    dS += problem.scale * (q.transposed * dO) - k.transposed * gradient.dv[row: t]
  }
  gradient.dh0 = dS
  S = problem.initialState
  for t in 0..<problem.length {
    let (q, k, dO) = (problem.q[row: t], problem.k[row: t], cotangent.o[row: t])
    let x = problem.beta[row: t] .* errors[row: t]
    let dg = problem.scale * (dO * x.transposed)
    gradient.dq[row: t] = problem.scale * (dO * S.transposed) + dg * k
    gradient.dk[row: t] += dg * q - gradient.dv[row: t] * S.transposed
    S += write(t, errors[row: t])
  }
  return gradient
}

extension Cost {
  public static let decoding = Cost(
    multiplications: L * (3 * state + dk + 3 * dv),
    additions: L * (3 * state + dk - 1),
    depth: L * (5 + lgdk) + 1,
    growth: Growth(work: "L·dk·dv", depth: "L", memory: "L·(dk + dv) + dk·dv", error: Error()))
}
