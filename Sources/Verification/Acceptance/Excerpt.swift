import Algebra
import DeltaRule

extension CaseFile {
  /// Work, in multiplications, up to which a hundred kernels are run on the whole of a case each; on half of that where
  /// it is more.
  static let excerptWork = 1 << 26

  func isWhole(of file: CaseFile) -> Bool { problem.v.shape == file.problem.v.shape }

  /// This case; or, where it is too large to run many kernels on, some tokens of the worst heads, with the exact
  /// state that enters them and the exact cotangent of the state that leaves them.
  ///
  /// Outputs go wrong forwards: the excerpt begins with the chunk of the first wrong token, which the right state
  /// still enters. Gradients go wrong backwards: it ends with the chunk of the last.
  ///
  /// - Parameters:
  ///   - tensors: the judgement of outputs, or of gradients.
  ///   - expectation: for this case.
  ///   - limit: the work, in multiplications, up to which the whole case is taken.
  func excerpt(
    around tensors: [TensorJudgement], _ expectation: Expectation,
    limit: Int = CaseFile.excerptWork
  ) throws -> CaseFile {
    let (dk, dv) = (problem.k.shape[3], problem.v.shape[3])
    func work(_ tokens: Int, heads: Int) -> Int {
      // What a token takes however narrow it is comes on top.
      tokens * heads * (4 * dk * dv + 64 * 10 * max(dk, dv) + (1 << 14))
    }
    let tokens = problem.v.shape[0] * problem.v.shape[1]
    let wrong = tensors.filter { !$0.isRight }
    guard work(tokens, heads: problem.headCount) > limit,
      let worst = wrong.max(by: { $0.element < $1.element }), let index = worst.worstElement?.place
    else { return self }

    let isState = Self.states.contains(worst.name)
    let (sequence, keyHead) =
      isState
      ? (index[0], problem.keyHead(of: index[1]))
      : (position(index).sequence, self.keyHead(index, of: worst.name))
    let wrongTokens = results.filter { result in wrong.contains { $0.name == result.name } }
      .flatMap { result in
        self.wrongTokens(of: result, expectation) {
          position($0).sequence == sequence && self.keyHead($0, of: result.name) == keyHead
        }
      }
    // Pairs of chunks of 64: chunks of every usual length begin where those of the whole case do.
    let length = problem.location(ofSequence: sequence).tokens.count
    let longest = 128 * max(1, limit / 4 / work(64, heads: problem.headCount / problem.k.shape[2]))
    let start: Int
    if Self.forwardResults.contains(worst.name) {
      start = (wrongTokens.min() ?? max(0, length - 1)) / 128 * 128
    } else {
      start = max(0, ((wrongTokens.max() ?? 0) / 128 + 1) * 128 - longest)
    }
    return try excerpt(
      CasePart(
        sequence: sequence, keyHeads: keyHead..<keyHead + 1,
        tokens: start..<min(length, start + longest)))
  }

  /// Which key head an element of a token's tensor belongs to.
  private func keyHead(_ index: [Int], of name: String) -> Int {
    Self.ofKeyHeads.contains(name) ? index[2] : problem.keyHead(of: index[2])
  }
}

/// Some tokens and heads of a sequence.
struct CasePart: Sendable {
  let sequence: Int
  let keyHeads: Range<Int>
  /// Counted from the start of the sequence.
  let tokens: Range<Int>
}

extension CaseFile {
  /// A part by itself, with the exact state that enters it and the exact cotangent of the state that leaves it.
  func excerpt(_ part: CasePart) throws -> CaseFile {
    let operands = usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let n = part.sequence
    let (batch, all) = problem.location(ofSequence: n)
    let heads = valueHeads(of: part.keyHeads)
    var entering: [Matrix<Double>] = []
    var leaving: [Matrix<Double>] = []
    for h in heads {
      let head = operands.head(h, ofSequence: n)
      let before = head.tokens(0..<part.tokens.lowerBound, from: head.initialState)
      entering.append(chunkwiseSolve(before, chunkLength: 64).finalState)
      guard let cotangent else { continue }
      let middle = head.tokens(part.tokens, from: entering[entering.count - 1])
      let after = head.tokens(
        part.tokens.upperBound..<all.count, from: chunkwiseSolve(middle, chunkLength: 64).finalState
      )
      let rest = all.lowerBound + part.tokens.upperBound..<all.upperBound
      leaving.append(
        chunkwiseSolveBackward(
          after,
          Cotangent(
            o: cotangent.o[batch, tokens: rest, head: h],
            finalState: cotangent.finalState[n, stateOfHead: h]), chunkLength: 64
        ).dh0)
    }
    func states(_ states: [Matrix<Double>]) -> Tensor<Double> {
      Tensor(
        shape: [1, heads.count] + problem.initialState.shape.dropFirst(2),
        elements: states.flatMap(\.entries))
    }
    var excerpt = self
    excerpt.problem = try BatchedProblem(
      q: cut(problem.q, to: part, part.keyHeads), k: cut(problem.k, to: part, part.keyHeads),
      v: cut(problem.v, to: part, heads), beta: cut(problem.beta, to: part, heads),
      scale: problem.scale, initialState: states(entering))
    excerpt.cotangent = cotangent.map {
      BatchedSolution(o: cut($0.o, to: part, heads), finalState: states(leaving))
    }
    excerpt.results = results.compactMap { result in
      cut(result.values, named: result.name, to: part).map {
        Result(name: result.name, values: $0, storage: result.storage)
      }
    }
    return excerpt
  }

  /// What a result says about a part; nil for a state that does not leave or enter there.
  func cut(_ values: Tensor<Double>, named name: String, to part: CasePart) -> Tensor<Double>? {
    let heads = valueHeads(of: part.keyHeads)
    guard Self.states.contains(name) else {
      return cut(values, to: part, Self.ofKeyHeads.contains(name) ? part.keyHeads : heads)
    }
    let length = problem.location(ofSequence: part.sequence).tokens.count
    let isInside =
      name == "dh0" ? part.tokens.lowerBound == 0 : part.tokens.upperBound == length
    return isInside
      ? values.takingSlices([part.sequence], ofAxis: 0).takingSlices(heads, ofAxis: 1) : nil
  }

  /// The rows of some heads.
  private func cut(
    _ x: Tensor<Double>, to part: CasePart, _ heads: Range<Int>
  ) -> Tensor<Double> {
    let (batch, all) = problem.location(ofSequence: part.sequence)
    let start = all.lowerBound + part.tokens.lowerBound
    return x.takingSlices([batch], ofAxis: 0)
      .takingSlices(start..<start + part.tokens.count, ofAxis: 1)
      .takingSlices(heads, ofAxis: 2)
  }

  private func valueHeads(of keyHeads: Range<Int>) -> Range<Int> {
    let groupSize = problem.headCount / problem.k.shape[2]
    return keyHeads.lowerBound * groupSize..<keyHeads.upperBound * groupSize
  }
}
