public import Algebra

/// A product of transitions as a sum of outer products.
///
///     M_t ⋯ M_1 = I − Σ_{i ≤ t} k_iᵀ w_i          H_t = Σ_{i ≤ t} k_iᵀ u_i
///
/// - Source: the paper, section 3.1. Proof: `Proofs/WYRepresentation.md#wy-representation`.
public struct WYRepresentation<Scalar: Ring>: Equatable, Sendable {
  /// W, one row a token: L × dk.
  public let w: Matrix<Scalar>
  /// U, one row a token: L × dv.
  public let u: Matrix<Scalar>

  @inlinable
  public init(w: Matrix<Scalar>, u: Matrix<Scalar>) {
    self.w = w
    self.u = u
  }

  /// W and U row by row.
  ///
  ///     w_t = β_t (k_t − Σ_{i < t} (k_t·k_i) w_i)
  ///     u_t = β_t (v_t − Σ_{i < t} (k_t·k_i) u_i)
  ///
  /// - Parameters:
  ///   - k: L × dk.
  ///   - v: L × dv.
  ///   - beta: L × 1.
  @inlinable
  public init(k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>) {
    var w = k
    var u = v
    for t in 0..<k.rows {
      for i in 0..<t {
        let overlap = k[row: t] * k[row: i].transposed
        w[row: t] -= overlap * w[row: i]
        u[row: t] -= overlap * u[row: i]
      }
      w[row: t] = beta[row: t] * w[row: t]
      u[row: t] = beta[row: t] * u[row: t]
    }
    self.init(w: w, u: u)
  }
}

/// The delta rule by the cumulative sum that replaces the cumulative product.
///
///     P_t = P_{t−1} − k_tᵀ w_t                 P_0 = I
///     H_t = H_{t−1} + k_tᵀ u_t                 H_0 = 0
///     o_t = scale · q_t (P_t S_0 + H_t)
///
/// Read it beside ``householderProduct(_:)``: matrix products became outer products, at the price of
/// w and u.
///
/// - Complexity: ``Cost/wySum``: O(L²·(dk + dv) + L·dk²·dv), depth O(L).
/// - Source: the paper, section 3.1, equation 6. Proof: `Proofs/WYRepresentation.md#wy-representation`.
@inlinable
public func wySum<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  let wy = WYRepresentation(k: problem.k, v: problem.v, beta: problem.beta)
  var P = Matrix<Scalar>.identity(problem.keyDimension)
  var H = Matrix<Scalar>.zero(problem.keyDimension, problem.valueDimension)
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    let k = problem.k[row: t]
    P -= k.transposed * wy.w[row: t]
    H += k.transposed * wy.u[row: t]
    o[row: t] = problem.scale * (problem.q[row: t] * (P * problem.initialState + H))
  }
  return Solution(o: o, finalState: P * problem.initialState + H)
}

extension WYRepresentation {
  /// The cotangents of k, v and β from those of W and U, found by the recurrences run backwards.
  ///
  ///     dβ_t = dw_t·ŵ_t + du_t·û_t        w_t = β_t ŵ_t,  u_t = β_t û_t
  ///     dŵ_t = β_t dw_t,  dû_t = β_t du_t,  dk_t += dŵ_t,  dv_t = dû_t
  ///     for i < t:  dg = −(dŵ_t·w_i + dû_t·u_i),  g = k_t·k_i
  ///                 dw_i −= g dŵ_t,  du_i −= g dû_t,  dk_t += dg k_i,  dk_i += dg k_t
  ///
  /// - Source: derived; proof: `Proofs/WYRepresentation.md#wy-backward`.
  @inlinable
  func recurrencesBackward(
    k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>, dw: Matrix<Scalar>,
    du: Matrix<Scalar>
  ) -> (dk: Matrix<Scalar>, dv: Matrix<Scalar>, dbeta: Matrix<Scalar>) {
    var (dw, du) = (dw, du)
    var dk = Matrix<Scalar>.zero(k.rows, k.columns)
    var dbeta = Matrix<Scalar>.zero(k.rows, 1)
    for t in (0..<k.rows).reversed() {
      let (early, earlyU) = (w[rows: 0..<t], u[rows: 0..<t])
      let overlaps = k[row: t] * k[rows: 0..<t].transposed
      dbeta[row: t] =
        dw[row: t] * (k[row: t] - overlaps * early).transposed
        + du[row: t] * (v[row: t] - overlaps * earlyU).transposed
      dw[row: t] = beta[row: t] * dw[row: t]
      du[row: t] = beta[row: t] * du[row: t]
      let dg = -(dw[row: t] * early.transposed + du[row: t] * earlyU.transposed)
      dk[row: t] += dw[row: t] + dg * k[rows: 0..<t]
      dk[rows: 0..<t] += dg.transposed * k[row: t]
      dw[rows: 0..<t] -= overlaps.transposed * dw[row: t]
      du[rows: 0..<t] -= overlaps.transposed * du[row: t]
    }
    return (dk, du, dbeta)
  }
}

/// The gradient by the cumulative sum run backwards.
///
///     dR_t = scale · q_tᵀ do_t  (+ dht at the end)       dH_t = Σ_{i ≥ t} dR_i,  dP_t = dH_t S_0ᵀ
///     dw_t = −k_t dP_t,  du_t = k_t dH_t                 dk_t += u_t dH_tᵀ − w_t dP_tᵀ
///
/// - Complexity: O(L²·(dk + dv) + L·dk²·dv), L·dk·(dk + dv) memory.
/// - Source: derived; proof: `Proofs/WYRepresentation.md#wy-backward`.
@inlinable
public func wySumBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  let (L, S) = (problem.length, problem.initialState)
  let wy = WYRepresentation(k: problem.k, v: problem.v, beta: problem.beta)
  var P = [Matrix<Scalar>.identity(problem.keyDimension)]
  var H = [Matrix<Scalar>.zero(problem.keyDimension, problem.valueDimension)]
  for t in 0..<L {
    P.append(P[t] - problem.k[row: t].transposed * wy.w[row: t])
    H.append(H[t] + problem.k[row: t].transposed * wy.u[row: t])
  }
  var gradient = Gradient(zerosFor: problem)
  var (dw, du) = (gradient.dk, gradient.dv)
  var dH = cotangent.finalState
  gradient.dh0 = P[L].transposed * dH
  for t in (0..<L).reversed() {
    let (k, dO) = (problem.k[row: t], cotangent.o[row: t])
    let dR = problem.scale * (problem.q[row: t].transposed * dO)
    gradient.dq[row: t] = problem.scale * (dO * (P[t + 1] * S + H[t + 1]).transposed)
    gradient.dh0 += P[t + 1].transposed * dR
    dH += dR
    let dP = dH * S.transposed
    dw[row: t] -= k * dP
    du[row: t] = k * dH
    gradient.dk[row: t] = wy.u[row: t] * dH.transposed - wy.w[row: t] * dP.transposed
  }
  let inner = wy.recurrencesBackward(
    k: problem.k, v: problem.v, beta: problem.beta, dw: dw, du: du)
  gradient.dk += inner.dk
  gradient.dv = inner.dv
  gradient.dbeta = inner.dbeta
  return gradient
}

extension Cost {
  public static let wySum: Cost = {
    let sums: Count = slab + square + 2 * state
    return Cost(
      multiplications: pairs(L) * (2 * dk + dv) + L * (sums + dk + 2 * dv) + slab,
      additions: pairs(L) * (2 * dk + dv - 1) + L * (sums - dv) + slab,
      depth: 3 * L + 3 * lgdk + 4,
      growth: Growth(
        work: "L²·(dk + dv) + L·dk²·dv", depth: "L", memory: "L·dk·(dk + dv)",
        error: Error(inverse: .ofSequence, formsTransitions: true)))
  }()
}
