import Algebra
import DeltaRule
import Testing

@Suite("Sequences over ranks")
struct SequenceParallelTests {
  /// Two packed sequences of one token, one a rank; the first has a value that is not a number.
  private func batch(dk: Int = 1) throws -> BatchedProblem<Double> {
    func tensor(_ shape: Int..., elements: [Double]) -> Tensor<Double> {
      Tensor(shape: shape, elements: elements)
    }
    let keys = [Double](repeating: 1, count: 2 * dk)
    return try BatchedProblem(
      q: tensor(1, 2, 1, dk, elements: keys), k: tensor(1, 2, 1, dk, elements: keys),
      v: tensor(1, 2, 1, 1, elements: [.nan, 3]), beta: tensor(1, 2, 1, elements: [0.5, 0.5]),
      scale: 1, boundaries: [0, 1, 2])
  }

  @Test(arguments: HandingOn.allCases)
  func whatIsNotANumberStaysInItsSequence(handingOn: HandingOn) throws {
    let problem = try batch()
    let kernel = Kernel(try #require(Formulation<Double>.named("recurrence")))
    let split = try SequenceSplit(problem.shape, lengths: [1, 0, 1])
    let segments = try split.segments(of: problem)
    let solution = split.joined(
      try RankInTurn<Double>.each(of: 3) { ranks in
        try segments[ranks.rank].solve(by: kernel, handingOn: handingOn, on: ranks).solution
      })
    #expect(solution.o.elements[0].isNaN)
    #expect(solution.o.elements[1] == 1.5)
    #expect(solution.finalState.elements[1] == 1.5)
    let reset = Transition(constant: Matrix<Double>.identity(1))
    let notANumber = Transition(A: Matrix<Double>(1, 1) { _, _ in .nan }, B: .zero(1, 1))
    #expect(reset.joined(after: notANumber) == reset)
  }

  @Test
  func ranksThatDisagreeSayOnWhat() throws {
    let kernel = Kernel(try #require(Formulation<Double>.named("recurrence")))
    let expected = Disagreement(name: "dk", values: 1...2)
    #expect(throws: expected) {
      try RankInTurn<Double>.each(of: 2) { ranks in
        let problem = try batch(dk: 1 + ranks.rank)
        let segment = try SequenceSplit(problem.shape, lengths: [2]).segments(of: problem)[0]
        return try segment.solve(by: kernel, handingOn: .scan, on: ranks).solution
      }
    }
  }

  @Test
  func aSplitHasAllTokens() throws {
    let shape = try batch().shape
    #expect(throws: ShapeError.self) { try SequenceSplit(shape, lengths: [1, 2]) }
    #expect(throws: ShapeError.self) { try SequenceSplit(shape, lengths: [3, -1]) }
    #expect(throws: ShapeError.self) { try SequenceSplit(shape, lengths: []) }
  }

  /// A sequence begins where its first token lies and ends where its last one does.
  @Test
  func packedSequencesAreCutAtBorders() throws {
    let shape = try BatchShape(
      batch: 1, length: 6, keyHeads: 1, heads: 1, keyDimension: 1, valueDimension: 1,
      boundaries: [0, 2, 2, 5, 6, 6])
    let parts = try SequenceSplit(shape, lengths: [2, 1, 0, 3]).parts
    #expect(parts.map(\.sequences) == [0..<1, 1..<3, 2..<3, 2..<5])
    #expect(parts.map(\.continues) == [false, false, true, true])
    #expect(parts.map(\.goesOn) == [false, true, true, false])
  }
}
