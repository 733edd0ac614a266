public import Algebra

/// The delta rule for many sequences and heads at once.
///
/// | field | shape |
/// |---|---|
/// | `q`, `k` | [B, L, Hk, dk] |
/// | `v` | [B, L, H, dv] |
/// | `beta` | [B, L, H], or [B, L, H, dv] |
/// | `initialState` | [N, H, dk, dv] |
/// | `boundaries` | [N + 1] (`cu_seqlens`), where B = 1 sequences are packed one after another |
///
/// Without boundaries N = B. With them sequence n is tokens `boundaries[n]..<boundaries[n + 1]`, and
/// may be empty. H is a multiple of Hk, and value head h reads key head h / (H / Hk).
///
/// Everything that takes a batched problem apart goes through ``head(_:ofSequence:)``, and everything
/// that puts an answer together through ``solve(_:)``.
public struct BatchedProblem<Scalar: Ring>: Equatable, Sendable {
  public let q: Tensor<Scalar>
  public let k: Tensor<Scalar>
  public let v: Tensor<Scalar>
  public let beta: Tensor<Scalar>
  public let scale: Scalar
  public let initialState: Tensor<Scalar>
  /// `cu_seqlens`.
  public let boundaries: [Int]?

  /// - Parameter initialState: zero where nil.
  /// - Throws: ``ShapeError`` or ``BoundariesError`` where the inputs do not fit together.
  public init(
    q: Tensor<Scalar>, k: Tensor<Scalar>, v: Tensor<Scalar>, beta: Tensor<Scalar>, scale: Scalar,
    initialState: Tensor<Scalar>? = nil, boundaries: [Int]? = nil
  ) throws {
    func check(_ name: String, _ tensor: Tensor<Scalar>, _ expected: [Int]) throws {
      guard tensor.shape == expected else {
        throw ShapeError(tensor: name, shape: tensor.shape, expected: expected)
      }
    }
    guard q.shape.count == 4, q.shape[2] > 0, q.shape[3] > 0 else {
      throw ShapeError(tensor: "q", shape: q.shape, expected: "[B, L, Hk, dk] with Hk, dk ≥ 1")
    }
    guard v.shape.count == 4, v.shape[3] > 0, v.shape[2] > 0, v.shape[2] % q.shape[2] == 0 else {
      throw ShapeError(
        tensor: "v", shape: v.shape,
        expected: "[B, L, H, dv] with dv ≥ 1 and H a multiple of the \(q.shape[2]) heads of q")
    }
    let (batch, length) = (q.shape[0], q.shape[1])
    let (heads, valueDimension) = (v.shape[2], v.shape[3])
    try check("k", k, q.shape)
    try check("v", v, [batch, length, heads, valueDimension])
    try check(
      "beta", beta, [batch, length, heads] + (beta.shape.count == 4 ? [valueDimension] : []))
    if let boundaries {
      guard batch == 1, boundaries.first == 0, boundaries.last == length,
        zip(boundaries, boundaries.dropFirst()).allSatisfy({ $0 <= $1 })
      else {
        throw BoundariesError(boundaries: boundaries, batch: batch, length: length)
      }
    }
    let states = [boundaries.map { $0.count - 1 } ?? batch, heads, q.shape[3], valueDimension]
    let initialState = initialState ?? Tensor(repeating: .zero, shape: states)
    try check("initial_state", initialState, states)
    self.init(
      unchecked: q, k, v, beta, scale, initialState, boundaries)
  }

  @usableFromInline
  init(
    unchecked q: Tensor<Scalar>, _ k: Tensor<Scalar>, _ v: Tensor<Scalar>,
    _ beta: Tensor<Scalar>, _ scale: Scalar, _ initialState: Tensor<Scalar>, _ boundaries: [Int]?
  ) {
    self.q = q
    self.k = k
    self.v = v
    self.beta = beta
    self.scale = scale
    self.initialState = initialState
    self.boundaries = boundaries
  }

  /// One head of one sequence.
  @inlinable
  public init(_ problem: Problem<Scalar>) {
    func tensor(_ x: Matrix<Scalar>, _ shape: [Int]) -> Tensor<Scalar> {
      Tensor(shape: shape, elements: x.entries)
    }
    let (L, dk, dv) = (problem.length, problem.keyDimension, problem.valueDimension)
    self.init(
      unchecked: tensor(problem.q, [1, L, 1, dk]), tensor(problem.k, [1, L, 1, dk]),
      tensor(problem.v, [1, L, 1, dv]),
      tensor(problem.beta, [1, L, 1] + (problem.hasVectorBeta ? [dv] : [])), problem.scale,
      tensor(problem.initialState, [1, 1, dk, dv]), nil)
  }

  /// N.
  @inlinable
  public var sequenceCount: Int { initialState.shape[0] }

  /// H.
  @inlinable
  public var headCount: Int { v.shape[2] }

  /// Which key head value head `head` reads.
  @inlinable
  public func keyHead(of head: Int) -> Int { head / (v.shape[2] / k.shape[2]) }

  /// Where sequence `sequence` lies: its row of the batch and its tokens there.
  @inlinable
  public func location(ofSequence sequence: Int) -> (batch: Int, tokens: Range<Int>) {
    guard let boundaries else { return (sequence, 0..<q.shape[1]) }
    return (0, boundaries[sequence]..<boundaries[sequence + 1])
  }

  /// One head of one sequence.
  @inlinable
  public func head(_ head: Int, ofSequence sequence: Int) -> Problem<Scalar> {
    let (batch, tokens) = location(ofSequence: sequence)
    let keyHead = keyHead(of: head)
    return Problem(
      unchecked: q[batch, tokens: tokens, head: keyHead], k[batch, tokens: tokens, head: keyHead],
      v[batch, tokens: tokens, head: head], beta[batch, tokens: tokens, head: head], scale,
      initialState[sequence, stateOfHead: head])
  }

  /// The answer, every head of every sequence solved by `solve`.
  @inlinable
  public func solve(
    _ solve: (Problem<Scalar>) throws -> Solution<Scalar>
  ) rethrows -> BatchedSolution<Scalar> {
    var o = Tensor<Scalar>(repeating: .zero, shape: v.shape)
    var finalState = Tensor<Scalar>(repeating: .zero, shape: initialState.shape)
    for sequence in 0..<sequenceCount {
      let (batch, tokens) = location(ofSequence: sequence)
      for head in 0..<headCount {
        let solution = try solve(self.head(head, ofSequence: sequence))
        o[batch, tokens: tokens, head: head] = solution.o
        finalState[sequence, stateOfHead: head] = solution.finalState
      }
    }
    return BatchedSolution(o: o, finalState: finalState)
  }

  /// The same problem over another ring.
  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> BatchedProblem<Other> {
    BatchedProblem<Other>(
      unchecked: try q.map(convert), try k.map(convert), try v.map(convert),
      try beta.map(convert), try convert(scale), try initialState.map(convert), boundaries)
  }
}

/// o [B, L, H, dv], and the final states [N, H, dk, dv]; or their cotangents do and dht.
public struct BatchedSolution<Scalar: Ring>: Equatable, Sendable {
  public let o: Tensor<Scalar>
  public let finalState: Tensor<Scalar>

  @inlinable
  public init(o: Tensor<Scalar>, finalState: Tensor<Scalar>) {
    self.o = o
    self.finalState = finalState
  }
}

/// Boundaries of packed sequences that do not cover the tokens.
public struct BoundariesError: Error, Equatable, CustomStringConvertible {
  public let boundaries: [Int]
  public let batch: Int
  public let length: Int

  public var description: String {
    guard batch == 1 else {
      return "cu_seqlens packs sequences into a batch of 1, but this batch holds \(batch)"
    }
    let shown = boundaries.prefix(8).map { "\($0)" } + (boundaries.count > 8 ? ["…"] : [])
    return "cu_seqlens [\(shown.joined(separator: ", "))] must rise from 0 to L = \(length)"
  }
}

extension BatchedSolution {
  /// The same solution over another ring.
  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> BatchedSolution<Other> {
    BatchedSolution<Other>(o: try o.map(convert), finalState: try finalState.map(convert))
  }
}
