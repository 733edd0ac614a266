import Algebra
import DeltaRule
import PropertyTesting

/// A single-head problem, a cotangent of its solution, and directions to move the inputs in.
struct GradientCase<Scalar: DrawnScalar>: Sendable, CustomStringConvertible {
  let drawn: Case<Scalar>
  let cotangent: Cotangent<Scalar>
  let directions: [Gradient<Scalar>]

  /// - Parameter directionCount: how many directions to draw.
  init(
    from source: inout ChoiceSource, directions directionCount: Int = 0,
    _ restrictions: Restrictions = .none
  ) throws {
    drawn = try Case(from: &source, restrictions)
    let problem = drawn.problem
    func another(_ x: Matrix<Scalar>) -> Matrix<Scalar> {
      Matrix(x.rows, x.columns) { _, _ in .drawn(from: &source) }
    }
    cotangent = Cotangent(o: another(problem.v), finalState: another(problem.initialState))
    directions = (0..<directionCount).map { _ in
      Gradient(
        dq: another(problem.q), dk: another(problem.k), dv: another(problem.v),
        dbeta: another(problem.beta), dh0: another(problem.initialState))
    }
  }

  var problem: Problem<Scalar> { drawn.problem }
  var chunkLength: Int { drawn.chunkLength }

  var description: String {
    let directions = directions.map { direction in
      """
      , direction q = \(direction.dq), k = \(direction.dk), v = \(direction.dv), \
      beta = \(direction.dbeta), initial_state = \(direction.dh0)
      """
    }
    return "\(drawn), do = \(cotangent.o), dht = \(cotangent.finalState)" + directions.joined()
  }
}

extension Problem {
  /// The inputs as numbers that move in a direction: x + ε·direction. The scale stays.
  func moving(in direction: Gradient<Scalar>) throws -> Problem<Dual<Scalar>> {
    try Problem<Dual<Scalar>>(
      q: q.moving(in: direction.dq), k: k.moving(in: direction.dk), v: v.moving(in: direction.dv),
      beta: beta.moving(in: direction.dbeta), scale: Dual(scale),
      initialState: initialState.moving(in: direction.dh0))
  }
}

extension Matrix {
  func moving(in direction: Matrix) -> Matrix<Dual<Scalar>> {
    Matrix<Dual<Scalar>>(
      rows: rows, columns: columns,
      entries: zip(entries, direction.entries).map { Dual($0, tangent: $1) })
  }

  /// ⟨this, other⟩.
  func pairing(_ other: Matrix) -> Scalar {
    sum(0..<entries.count) { entries[$0] * other.entries[$0] }
  }
}

extension Solution {
  /// ⟨o, o′⟩ + ⟨S, S′⟩.
  func pairing(_ other: Solution) -> Scalar {
    o.pairing(other.o) + finalState.pairing(other.finalState)
  }

  func map<Other>(_ convert: (Scalar) -> Other) -> Solution<Other> {
    Solution<Other>(o: o.map(convert), finalState: finalState.map(convert))
  }
}

extension Gradient {
  /// The sum of the pairings of all five.
  func pairing(_ other: Gradient) -> Scalar {
    let first = dq.pairing(other.dq) + dk.pairing(other.dk) + dv.pairing(other.dv)
    return first + dbeta.pairing(other.dbeta) + dh0.pairing(other.dh0)
  }
}
