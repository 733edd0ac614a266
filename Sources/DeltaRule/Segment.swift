public import Algebra

/// What one rank holds of a batch whose tokens are spread over ranks.
public struct Segment<Scalar: Ring>: Equatable, Sendable {
  /// The tokens here, with the sequences that meet them.
  public let problem: BatchedProblem<Scalar>
  /// Whether the first sequence here, or the one in every row, began on a rank before. Its initial state is then not read.
  public let continues: Bool

  @inlinable
  public init(_ problem: BatchedProblem<Scalar>, continues: Bool) {
    self.problem = problem
    self.continues = continues
  }

  /// The sequences of each row.
  @inlinable
  var rows: [Range<Int>] {
    let shape = problem.shape
    return shape.boundaries == nil
      ? (0..<shape.batch).map { $0..<$0 + 1 } : [0..<shape.sequenceCount]
  }
}

extension SequenceSplit {
  /// The segment of each rank.
  ///
  /// - Precondition: the problem has the shape of the split.
  public func segments<Scalar>(of problem: BatchedProblem<Scalar>) throws -> [Segment<Scalar>] {
    precondition(problem.shape == shape, "the problem has another shape than the split")
    return try parts.map { part in
      let boundaries = shape.boundaries.map { boundaries in
        [0]
          + part.sequences.map {
            min(boundaries[$0 + 1], part.tokens.upperBound) - part.tokens.lowerBound
          }
      }
      return Segment(
        try BatchedProblem(
          q: problem.q.tokens(part.tokens), k: problem.k.tokens(part.tokens),
          v: problem.v.tokens(part.tokens), beta: problem.beta.tokens(part.tokens),
          scale: problem.scale, initialState: problem.initialState.leading(part.sequences),
          boundaries: boundaries),
        continues: part.continues)
    }
  }

  /// What each rank has of a cotangent: dht where a sequence ends, zero where it goes on.
  public func cotangents<Scalar: Ring>(
    of cotangent: BatchedSolution<Scalar>
  ) -> [BatchedSolution<Scalar>] {
    parts.map { part in
      var finalState = cotangent.finalState.leading(part.sequences)
      let zero = Matrix<Scalar>.zero(shape.keyDimension, shape.valueDimension)
      for sequence in goingOn(part) {
        for head in 0..<shape.heads {
          finalState[sequence - part.sequences.lowerBound, stateOfHead: head] = zero
        }
      }
      return BatchedSolution(o: cotangent.o.tokens(part.tokens), finalState: finalState)
    }
  }

  /// The solution from those of the ranks.
  public func joined<Scalar: Ring>(
    _ solutions: [BatchedSolution<Scalar>]
  ) -> BatchedSolution<Scalar> {
    var finalState = Tensor<Scalar>(repeating: .zero, shape: shape.states)
    for (part, solution) in zip(parts, solutions) {
      copy(solution.finalState, of: part, except: goingOn(part), into: &finalState)
    }
    return BatchedSolution(
      o: Tensor(joiningTokensOf: solutions.map(\.o)), finalState: finalState)
  }

  /// The gradient from those of the ranks.
  public func joined<Scalar: Ring>(
    _ gradients: [BatchedGradient<Scalar>]
  ) -> BatchedGradient<Scalar> {
    var dh0 = Tensor<Scalar>(repeating: .zero, shape: shape.states)
    for (part, gradient) in zip(parts, gradients) {
      copy(gradient.dh0, of: part, except: continuing(part), into: &dh0)
    }
    return BatchedGradient(
      dq: Tensor(joiningTokensOf: gradients.map(\.dq)),
      dk: Tensor(joiningTokensOf: gradients.map(\.dk)),
      dv: Tensor(joiningTokensOf: gradients.map(\.dv)),
      dbeta: Tensor(joiningTokensOf: gradients.map(\.dbeta)), dh0: dh0)
  }

  private func continuing(_ part: Part) -> Range<Int> {
    guard part.continues else { return 0..<0 }
    return shape.boundaries == nil ? part.sequences : part.sequences.prefix(1)
  }

  private func goingOn(_ part: Part) -> Range<Int> {
    guard part.goesOn else { return 0..<0 }
    return shape.boundaries == nil ? part.sequences : part.sequences.suffix(1)
  }

  private func copy<Scalar: Ring>(
    _ states: Tensor<Scalar>, of part: Part, except excluded: Range<Int>,
    into all: inout Tensor<Scalar>
  ) {
    for sequence in part.sequences where !excluded.contains(sequence) {
      for head in 0..<shape.heads {
        all[sequence, stateOfHead: head] =
          states[sequence - part.sequences.lowerBound, stateOfHead: head]
      }
    }
  }
}

extension Tensor {
  /// Tokens `range` of a [B, L, …] tensor.
  func tokens(_ range: Range<Int>) -> Tensor {
    Tensor(
      shape: [shape[0], range.count] + shape[2...],
      elements: (0..<shape[0]).flatMap { row in
        storage[offset([row, range.lowerBound])..<offset([row, range.upperBound])]
      })
  }

  /// The [B, L, …] tensor whose tokens are those of `parts`, one after another.
  ///
  /// - Precondition: there is at least one, and all have the same shape but for L.
  init(joiningTokensOf parts: [Tensor]) {
    let shape = parts[0].shape
    self.init(
      shape: [shape[0], parts.reduce(0) { $0 + $1.shape[1] }] + shape[2...],
      elements: (0..<shape[0]).flatMap { row in
        parts.flatMap { $0.storage[$0.offset([row, 0])..<$0.offset([row, $0.shape[1]])] }
      })
  }

  /// `range` of the first axis.
  func leading(_ range: Range<Int>) -> Tensor {
    Tensor(
      shape: [range.count] + shape[1...],
      elements: Array(storage[offset([range.lowerBound])..<offset([range.upperBound])]))
  }
}
