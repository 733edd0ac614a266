public import Algebra

/// The cotangent of a solution has its shape: `o` holds `do` (L × dv), `finalState` holds `dht`
/// (dk × dv).
public typealias Cotangent<Scalar: Ring> = Solution<Scalar>

/// The gradient of ⟨do, o⟩ + ⟨dht, final state⟩ in the inputs of a problem, each in the shape of its
/// input.
public struct Gradient<Scalar: Ring>: Equatable, Sendable {
  /// L × dk.
  public var dq: Matrix<Scalar>
  /// L × dk.
  public var dk: Matrix<Scalar>
  /// L × dv.
  public var dv: Matrix<Scalar>
  /// L × 1, or L × dv.
  public var dbeta: Matrix<Scalar>
  /// dk × dv.
  public var dh0: Matrix<Scalar>

  @inlinable
  public init(
    dq: Matrix<Scalar>, dk: Matrix<Scalar>, dv: Matrix<Scalar>, dbeta: Matrix<Scalar>,
    dh0: Matrix<Scalar>
  ) {
    self.dq = dq
    self.dk = dk
    self.dv = dv
    self.dbeta = dbeta
    self.dh0 = dh0
  }

  /// Zero, in the shapes of a problem's inputs.
  @inlinable
  public init(zerosFor problem: Problem<Scalar>) {
    let (L, dk, dv) = (problem.length, problem.keyDimension, problem.valueDimension)
    self.init(
      dq: .zero(L, dk), dk: .zero(L, dk), dv: .zero(L, dv),
      dbeta: .zero(L, problem.beta.columns), dh0: .zero(dk, dv))
  }

  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> Gradient<Other> {
    Gradient<Other>(
      dq: try dq.map(convert), dk: try dk.map(convert), dv: try dv.map(convert),
      dbeta: try dbeta.map(convert), dh0: try dh0.map(convert))
  }
}

extension Matrix {
  /// What reaches the factors of `factors .* x`, where this is the cotangent times x, entry by entry:
  /// the sum of each row where one factor served the whole row.
  @inlinable
  func collected(into columns: Int) -> Matrix {
    guard columns != self.columns else { return self }
    return Matrix(rows, 1) { i, _ in sum(0..<self.columns) { self[i, $0] } }
  }
}
