public import Algebra

/// What a run of tokens does to the state that enters it: S ↦ A S + B.
///
/// These maps form a monoid under composition, which is why a scan can order them as it likes.
///
/// - Source: the paper, section 3.1. Proof: `Proofs/AssociativeScan.md#transition-monoid`.
public struct Transition<Scalar: Ring>: Equatable, Sendable {
  /// dk × dk.
  public let A: Matrix<Scalar>
  /// dk × dv.
  public let B: Matrix<Scalar>

  @inlinable
  public init(A: Matrix<Scalar>, B: Matrix<Scalar>) {
    self.A = A
    self.B = B
  }

  /// The transition of one token: A = I − β kᵀk, B = kᵀ (β v).
  @inlinable
  public init(k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>) {
    self.init(A: householder(k: k, beta: beta), B: k.transposed * (beta * v))
  }

  /// No tokens at all.
  @inlinable
  public static func identity(keyDimension: Int, valueDimension: Int) -> Transition {
    Transition(A: .identity(keyDimension), B: .zero(keyDimension, valueDimension))
  }

  /// First `earlier`, then this: (A A′, A B′ + B).
  @inlinable
  public func after(_ earlier: Transition) -> Transition {
    Transition(A: A * earlier.A, B: A * earlier.B + B)
  }

  @inlinable
  public func callAsFunction(_ state: Matrix<Scalar>) -> Matrix<Scalar> { A * state + B }
}

/// All prefixes of `elements` under an associative operation: e₁, e₂∘e₁, e₃∘e₂∘e₁, …
///
/// Neighbours are joined, the pairs scanned, and what lies between two pairs filled in.
///
/// - Complexity: fewer than 2n operations, and fewer than 2⌈log₂ n⌉ of them one after another.
@inlinable
public func inclusiveScan<Element>(
  _ elements: [Element], _ after: (_ later: Element, _ earlier: Element) -> Element
) -> [Element] {
  guard elements.count > 1 else { return elements }
  let pairs = (0..<elements.count / 2).map { after(elements[2 * $0 + 1], elements[2 * $0]) }
  let scanned = inclusiveScan(pairs, after)
  return elements.indices.map { i in
    if i == 0 { return elements[0] }
    return i % 2 == 1 ? scanned[i / 2] : after(elements[i], scanned[i / 2 - 1])
  }
}

/// The delta rule by a parallel scan over the transitions of its tokens.
///
///     (A_t, B_t) = (I − β_t k_tᵀk_t, k_tᵀ β_t v_t)
///     (P_t, H_t) = (A_t, B_t) ∘ … ∘ (A_1, B_1)       (A, B) ∘ (A′, B′) = (A A′, A B′ + B)
///     S_t = P_t S_0 + H_t        o_t = scale · q_t S_t
///
/// - Complexity: ``Cost/associativeScan``: O(L·dk²·(dk + dv)), depth O(log L).
/// - Source: the paper, section 3.1; part II of the authors' blog prints the operator in the wrong
///   order. Proof: `Proofs/AssociativeScan.md#associative-scan`.
@inlinable
public func associativeScan<Scalar>(_ problem: Problem<Scalar>) -> Solution<Scalar> {
  let transitions = (0..<problem.length).map { t in
    Transition(k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t])
  }
  let states = inclusiveScan(transitions) { $0.after($1) }.map { $0(problem.initialState) }
  var o = Matrix<Scalar>.zero(problem.length, problem.valueDimension)
  for t in 0..<problem.length {
    o[row: t] = problem.scale * (problem.q[row: t] * states[t])
  }
  return Solution(o: o, finalState: states.last ?? problem.initialState)
}

/// The gradient by a second scan, backwards in time.
///
///     dS_t = A_{t+1}ᵀ dS_{t+1} + scale · q_tᵀ do_t         dS_L = dht + scale · q_Lᵀ do_L
///     dA_t = dS_t S_{t−1}ᵀ,  dB_t = dS_t,  dq_t = scale · do_t S_tᵀ,  dS_0 = A_1ᵀ dS_1
///
/// The adjoint states obey a recurrence of the same kind, so that the same scan finds them.
///
/// - Complexity: O(L·dk²·(dk + dv)), depth O(log L).
/// - Source: derived; proof: `Proofs/AssociativeScan.md#scan-backward`.
@inlinable
public func associativeScanBackward<Scalar>(
  _ problem: Problem<Scalar>, _ cotangent: Cotangent<Scalar>
) -> Gradient<Scalar> {
  let L = problem.length
  let transitions = (0..<L).map { t in
    Transition(k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t])
  }
  let states =
    [problem.initialState]
    + inclusiveScan(transitions) { $0.after($1) }.map { $0(problem.initialState) }
  // Adjoint n lies before token L − n: it takes dS after that token to dS before it.
  let adjoints = (0..<L).reversed().map { t in
    Transition(
      A: transitions[t].A.transposed,
      B: transitions[t].A.transposed
        * (problem.scale * (problem.q[row: t].transposed * cotangent.o[row: t])))
  }
  let before =
    [cotangent.finalState]
    + inclusiveScan(adjoints) { $0.after($1) }.map { $0(cotangent.finalState) }
  var gradient = Gradient(zerosFor: problem)
  for t in 0..<L {
    let dO = cotangent.o[row: t]
    let dS = before[L - 1 - t] + problem.scale * (problem.q[row: t].transposed * dO)
    gradient.dq[row: t] = problem.scale * (dO * states[t + 1].transposed)
    (gradient.dk[row: t], gradient.dv[row: t], gradient.dbeta[row: t]) = transitionBackward(
      k: problem.k[row: t], v: problem.v[row: t], beta: problem.beta[row: t],
      dA: dS * states[t].transposed, dB: dS)
  }
  gradient.dh0 = before[L]
  return gradient
}

extension Cost {
  public static let associativeScan: Cost = {
    let joins: Count = 2 * L - 2 - lgL
    let vectors: Count = square + 2 * state + dk + 2 * dv
    return Cost(
      multiplications: joins * (cube + slab) + L * (slab + vectors),
      additions: joins * (cube - square + slab) + L * (slab + square + state - dv),
      depth: 2 * (lgL - 1) * (2 + lgdk) + lgdk + 6,
      growth: Growth(
        work: "L·dk²·(dk + dv)", depth: "log L", memory: "L·dk·(dk + dv)",
        error: Error(formsTransitions: true)))
  }()
}
