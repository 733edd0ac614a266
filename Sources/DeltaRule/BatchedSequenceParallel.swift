public import Algebra

extension Segment {
  /// The outputs of the tokens of this rank.
  ///
  /// A row hands one state a head on from rank to rank, however many sequences are packed into it: where a sequence begins on
  /// a rank, what leaves that rank does not depend on what enters it. Where each value column has a β of its own, each has a
  /// transition of its own.
  ///
  ///     let forward = try segment.solve(by: Kernel(formulation), handingOn: .scan, on: ranks)
  ///     let gradient = try forward.entered.gradient(cotangent, by: Kernel(formulation), …)
  ///
  /// - Parameters:
  ///   - kernel: what computes the tokens of this rank from the states that enter it.
  ///   - chunkLength: C ≥ 1, of the transitions and of the kernel.
  ///   - handingOn: the same on every rank.
  /// - Returns: the outputs here, with the state after each sequence here: its final state, or the state at the border; and
  ///   the segment with the states that entered it, which the gradient asks for.
  /// - Throws: ``Disagreement`` where ranks hold batches that do not fit together; what the kernel and the communicator throw.
  /// - Complexity: beside the kernel, ``Transition/init(of:chunkLength:)`` of each row and head; for vector β of each column.
  /// - Source: derived; proof: `Proofs/SequenceParallel.md#packed-segments`.
  @inlinable
  public func solve(
    by kernel: Kernel<Scalar>, chunkLength: Int = 64, handingOn: HandingOn,
    on ranks: some Communicator<Scalar>
  ) throws -> (solution: BatchedSolution<Scalar>, entered: Segment) {
    try agree(handingOn, on: ranks)
    let states = try handingOn.statesEntering(transitions(chunkLength: chunkLength), on: ranks)
    let entered = entered(by: states)
    return (try kernel.solve(entered.problem, chunkLength), entered)
  }

  /// The gradient of the inputs of this rank.
  ///
  /// - Parameters:
  ///   - cotangent: do of the tokens here; and dht of each sequence here, zero where it goes on.
  ///   - handingOn: the same on every rank.
  /// - Returns: the gradient. dh0 is the cotangent of the state that entered each sequence here: that of an initial state where
  ///   the sequence began here.
  /// - Throws: ``ShapeError`` where the cotangent does not fit the segment, and what ``solve(by:chunkLength:handingOn:on:)``
  ///   throws.
  /// - Precondition: the segment is one that ``solve(by:chunkLength:handingOn:on:)`` has entered.
  /// - Source: derived; proof: `Proofs/SequenceParallel.md#packed-segments`.
  @inlinable
  public func gradient(
    _ cotangent: BatchedSolution<Scalar>, by kernel: Kernel<Scalar>, chunkLength: Int = 64,
    handingOn: HandingOn, on ranks: some Communicator<Scalar>
  ) throws -> BatchedGradient<Scalar> {
    try cotangent.check(against: problem.shape)
    try agree(handingOn, on: ranks)
    let states = try handingOn.statesEntering(
      adjoints(cotangent, chunkLength: chunkLength), on: ranks.reversed)
    var finalState = cotangent.finalState
    forEachEntrance(of: \.last, states) { sequence, head, state in
      finalState[sequence, stateOfHead: head] = finalState[sequence, stateOfHead: head] + state
    }
    return try kernel.gradient(
      problem, BatchedSolution(o: cotangent.o, finalState: finalState), chunkLength)
  }

  @inlinable
  func agree(_ handingOn: HandingOn, on ranks: some Communicator<Scalar>) throws {
    let shape = problem.shape
    try ranks.agree(on: [
      ("the number of rows", shape.batch), ("the number of heads", shape.heads),
      ("dk", shape.keyDimension), ("dv", shape.valueDimension),
      ("the number of strengths a token", shape.hasVectorBeta ? shape.valueDimension : 1),
      ("the way of handing on (0 scan, 1 ring)", handingOn == .scan ? 0 : 1),
    ])
  }

  /// What this rank does to the state that enters each row and head.
  @inlinable
  func transitions(chunkLength: Int) -> [Transition<Scalar>] {
    forEachRowAndHead { row, head in
      guard let last = row.last else { return identities }
      return problem.head(head, ofSequence: last).parts.map { part in
        let transition = Transition(of: part, chunkLength: chunkLength)
        return continues && row.count == 1
          ? transition : Transition(constant: transition(part.initialState))
      }
    }
  }

  /// What this rank does to the cotangent of the state that leaves each row and head.
  @inlinable
  func adjoints(
    _ cotangent: BatchedSolution<Scalar>, chunkLength: Int
  ) -> [Transition<Scalar>] {
    forEachRowAndHead { row, head in
      guard let first = row.first else { return identities }
      guard continues else { return identities.map { Transition(constant: $0.B) } }
      let (batch, tokens) = problem.location(ofSequence: first)
      let problem = problem.head(head, ofSequence: first)
      let dO = cotangent.o[batch, tokens: tokens, head: head].parts(problem.partCount)
      let dht = cotangent.finalState[first, stateOfHead: head].parts(problem.partCount)
      return zip(problem.parts, zip(dO, dht)).map { part, cotangent in
        let adjoint = Transition(
          adjointOf: part, Cotangent(o: cotangent.0, finalState: cotangent.1),
          chunkLength: chunkLength)
        return row.count == 1 ? adjoint : Transition(constant: adjoint.B)
      }
    }
  }

  /// This segment with `states` in the place of the initial states of sequences that began before.
  @inlinable
  func entered(by states: [Matrix<Scalar>]) -> Segment {
    guard continues else { return self }
    var initialState = problem.initialState
    forEachEntrance(of: \.first, states) { sequence, head, state in
      initialState[sequence, stateOfHead: head] = state
    }
    return Segment(
      BatchedProblem(
        unchecked: problem.q, problem.k, problem.v, problem.beta, problem.scale, initialState,
        problem.shape),
      continues: continues)
  }

  /// The states of one end of every row, their columns put together.
  @inlinable
  func forEachEntrance(
    of end: (Range<Int>) -> Int?, _ states: [Matrix<Scalar>],
    _ body: (_ sequence: Int, _ head: Int, _ state: Matrix<Scalar>) -> Void
  ) {
    let width = identities.count
    for (row, sequences) in rows.enumerated() {
      guard let sequence = end(sequences) else { continue }
      for head in 0..<problem.headCount {
        let start = (row * problem.headCount + head) * width
        body(sequence, head, Matrix(parts: Array(states[start..<start + width])))
      }
    }
  }

  @inlinable
  func forEachRowAndHead<Element>(
    _ body: (_ row: Range<Int>, _ head: Int) -> [Element]
  ) -> [Element] {
    rows.flatMap { row in (0..<problem.headCount).flatMap { head in body(row, head) } }
  }

  /// What no tokens do to one row and head.
  @inlinable
  var identities: [Transition<Scalar>] {
    let shape = problem.shape
    let (count, width) = shape.hasVectorBeta ? (shape.valueDimension, 1) : (1, shape.valueDimension)
    return Array(
      repeating: .identity(keyDimension: shape.keyDimension, valueDimension: width), count: count)
  }
}

extension Problem {
  /// How many transitions the state needs: one, or one for each value column.
  @inlinable
  var partCount: Int { hasVectorBeta ? valueDimension : 1 }

  /// What one transition each moves.
  @inlinable
  var parts: [Problem] { hasVectorBeta ? (0..<valueDimension).map(valueColumn) : [self] }
}

extension Matrix {
  /// This matrix, or its columns.
  @inlinable
  func parts(_ count: Int) -> [Matrix] {
    count == 1 ? [self] : (0..<columns).map { self[column: $0] }
  }

  @inlinable
  init(parts: [Matrix]) {
    if parts.count == 1 { self = parts[0] } else { self.init(columns: parts) }
  }
}
