public import Algebra

/// What the delta rule is asked for one head of one sequence.
///
/// Tokens are rows. With L tokens, key dimension dk and value dimension dv:
///
/// | field | shape | |
/// |---|---|---|
/// | `q`, `k` | L × dk | queries and keys |
/// | `v` | L × dv | values |
/// | `beta` | L × 1, or L × dv | writing strengths: one a token, or one a token and value column |
/// | `scale` | | the read-out factor |
/// | `initialState` | dk × dv | S₀ |
///
/// Any L ≥ 0, dk ≥ 1 and dv ≥ 1 will do.
public struct Problem<Scalar: Ring>: Equatable, Sendable {
  public let q: Matrix<Scalar>
  public let k: Matrix<Scalar>
  public let v: Matrix<Scalar>
  public let beta: Matrix<Scalar>
  public let scale: Scalar
  public let initialState: Matrix<Scalar>

  /// - Throws: ``ShapeError`` where the shapes do not fit together.
  public init(
    q: Matrix<Scalar>, k: Matrix<Scalar>, v: Matrix<Scalar>, beta: Matrix<Scalar>, scale: Scalar,
    initialState: Matrix<Scalar>
  ) throws(ShapeError) {
    func check(
      _ name: String, _ matrix: Matrix<Scalar>, _ rows: Int, _ columns: Int
    ) throws(ShapeError) {
      guard matrix.rows == rows, matrix.columns == columns else {
        throw ShapeError(
          tensor: name, shape: [matrix.rows, matrix.columns], expected: [rows, columns])
      }
    }
    guard q.columns >= 1 else {
      throw ShapeError(tensor: "q", shape: [q.rows, q.columns], expected: "[L, dk] with dk ≥ 1")
    }
    guard v.columns >= 1 else {
      throw ShapeError(tensor: "v", shape: [v.rows, v.columns], expected: "[L, dv] with dv ≥ 1")
    }
    try check("k", k, q.rows, q.columns)
    try check("v", v, q.rows, v.columns)
    try check("beta", beta, q.rows, beta.columns == 1 ? 1 : v.columns)
    try check("initial_state", initialState, q.columns, v.columns)
    self.init(unchecked: q, k, v, beta, scale, initialState)
  }

  @usableFromInline
  init(
    unchecked q: Matrix<Scalar>, _ k: Matrix<Scalar>, _ v: Matrix<Scalar>, _ beta: Matrix<Scalar>,
    _ scale: Scalar, _ initialState: Matrix<Scalar>
  ) {
    self.q = q
    self.k = k
    self.v = v
    self.beta = beta
    self.scale = scale
    self.initialState = initialState
  }

  /// L, the number of tokens.
  @inlinable
  public var length: Int { q.rows }

  /// dk.
  @inlinable
  public var keyDimension: Int { k.columns }

  /// dv.
  @inlinable
  public var valueDimension: Int { v.columns }

  /// Whether every value column has writing strengths of its own.
  @inlinable
  public var hasVectorBeta: Bool { beta.columns != 1 }

  /// The tokens in `range`, to be run from the state `initialState`.
  @inlinable
  public func tokens(_ range: Range<Int>, from initialState: Matrix<Scalar>) -> Problem {
    Problem(
      unchecked: q[rows: range], k[rows: range], v[rows: range], beta[rows: range], scale,
      initialState)
  }

  /// Value column `column` as a problem of its own: columns of the state never mix.
  @inlinable
  public func valueColumn(_ column: Int) -> Problem {
    Problem(
      unchecked: q, k, v[column: column], beta[column: hasVectorBeta ? column : 0], scale,
      initialState[column: column])
  }

  /// The same problem over another ring.
  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> Problem<Other> {
    Problem<Other>(
      unchecked: try q.map(convert), try k.map(convert), try v.map(convert),
      try beta.map(convert), try convert(scale), try initialState.map(convert))
  }
}

/// What the delta rule answers: o, L × dv, and the final state, dk × dv.
public struct Solution<Scalar: Ring>: Equatable, Sendable {
  public var o: Matrix<Scalar>
  public var finalState: Matrix<Scalar>

  @inlinable
  public init(o: Matrix<Scalar>, finalState: Matrix<Scalar>) {
    self.o = o
    self.finalState = finalState
  }
}

/// A tensor that does not have the shape its companions ask for.
public struct ShapeError: Error, Equatable, CustomStringConvertible {
  public let tensor: String
  public let shape: [Int]
  public let expected: String

  public init(tensor: String, shape: [Int], expected: String) {
    self.tensor = tensor
    self.shape = shape
    self.expected = expected
  }

  public init(tensor: String, shape: [Int], expected: [Int]) {
    self.init(tensor: tensor, shape: shape, expected: "\(expected)")
  }

  public var description: String { "\(tensor) has the shape \(shape); it must be \(expected)" }
}
