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
  public let shape: BatchShape

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
    guard q.shape.count == 4 else {
      throw ShapeError(tensor: "q", shape: q.shape, expected: "[B, L, Hk, dk] with Hk, dk ≥ 1")
    }
    guard v.shape.count == 4 else {
      throw ShapeError(tensor: "v", shape: v.shape, expected: "[B, L, H, dv] with dv ≥ 1")
    }
    let shape = try BatchShape(
      batch: q.shape[0], length: q.shape[1], keyHeads: q.shape[2], heads: v.shape[2],
      keyDimension: q.shape[3], valueDimension: v.shape[3], hasVectorBeta: beta.shape.count == 4,
      boundaries: boundaries)
    try check("k", k, shape.keys)
    try check("v", v, shape.values)
    try check("beta", beta, shape.strengths)
    let initialState = initialState ?? Tensor(repeating: .zero, shape: shape.states)
    try check("initial_state", initialState, shape.states)
    self.init(unchecked: q, k, v, beta, scale, initialState, shape)
  }

  @usableFromInline
  init(
    unchecked q: Tensor<Scalar>, _ k: Tensor<Scalar>, _ v: Tensor<Scalar>,
    _ beta: Tensor<Scalar>, _ scale: Scalar, _ initialState: Tensor<Scalar>, _ shape: BatchShape
  ) {
    self.q = q
    self.k = k
    self.v = v
    self.beta = beta
    self.scale = scale
    self.initialState = initialState
    self.shape = shape
  }

  /// One head of one sequence.
  public init(_ problem: Problem<Scalar>) {
    func tensor(_ x: Matrix<Scalar>, _ shape: [Int]) -> Tensor<Scalar> {
      Tensor(shape: shape, elements: x.entries)
    }
    let shape = BatchShape(
      length: problem.length, keyDimension: problem.keyDimension,
      valueDimension: problem.valueDimension, hasVectorBeta: problem.hasVectorBeta)
    self.init(
      unchecked: tensor(problem.q, shape.keys), tensor(problem.k, shape.keys),
      tensor(problem.v, shape.values), tensor(problem.beta, shape.strengths), problem.scale,
      tensor(problem.initialState, shape.states), shape)
  }

  /// `cu_seqlens`.
  public var boundaries: [Int]? { shape.boundaries }

  /// N.
  public var sequenceCount: Int { shape.sequenceCount }

  /// H.
  public var headCount: Int { shape.heads }

  /// Which key head value head `head` reads.
  public func keyHead(of head: Int) -> Int { shape.keyHead(of: head) }

  /// Where sequence `sequence` lies: its row of the batch and its tokens there.
  public func location(ofSequence sequence: Int) -> (batch: Int, tokens: Range<Int>) {
    shape.location(ofSequence: sequence)
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
      try beta.map(convert), try convert(scale), try initialState.map(convert), shape)
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

extension BatchedSolution {
  /// The same solution over another ring.
  @inlinable
  public func map<Other>(_ convert: (Scalar) throws -> Other) rethrows -> BatchedSolution<Other> {
    BatchedSolution<Other>(o: try o.map(convert), finalState: try finalState.map(convert))
  }
}
