public import Algebra

/// A product of transitions as a sum of outer products.
///
///     M_t ⋯ M_1 = I − Σ_{i ≤ t} k_iᵀ w_i          H_t = Σ_{i ≤ t} k_iᵀ u_i
///
/// - Source: the paper, section 3.1. Proof: `Proofs/README.md#wy-representation`.
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
/// - Source: the paper, section 3.1, equation 6. Proof: `Proofs/README.md#wy-representation`.
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

extension Cost {
  public static let wySum: Cost = {
    let sums: Count = slab + square + 2 * state
    return Cost(
      multiplications: pairs(L) * (2 * dk + dv) + L * (sums + dk + 2 * dv) + slab,
      additions: pairs(L) * (2 * dk + dv - 1) + L * (sums - dv) + slab,
      depth: 3 * L + 3 * lgdk + 4,
      growth: (work: "L²·(dk + dv) + L·dk²·dv", depth: "L"))
  }()
}
