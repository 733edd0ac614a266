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
      let worst = wrong.max(by: { $0.element < $1.element }), var index = worst.worstElement?.index
    else { return self }

    let isState = Self.states.contains(worst.name)
    if layout == .headsFirst, !isState { index.swapAt(1, 2) }
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
      ofSequence: sequence, keyHead: keyHead, tokens: start..<min(length, start + longest))
  }

  /// Which key head an element of a token's tensor belongs to.
  private func keyHead(_ index: [Int], of name: String) -> Int {
    ["dq", "dk"].contains(name) ? index[2] : problem.keyHead(of: index[2])
  }

  /// - Parameter tokens: counted from the start of the sequence.
  private func excerpt(ofSequence n: Int, keyHead: Int, tokens: Range<Int>) throws -> CaseFile {
    let operands = usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let (batch, all) = problem.location(ofSequence: n)
    let groupSize = problem.headCount / problem.k.shape[2]
    let heads = keyHead * groupSize..<(keyHead + 1) * groupSize
    let inBatch = all.lowerBound + tokens.lowerBound..<all.lowerBound + tokens.upperBound
    func cut(_ x: Tensor<Double>, _ heads: Range<Int>) -> Tensor<Double> {
      let width = x.shape.count == 4 ? x.shape[3] : 1
      return Tensor(
        shape: [1, tokens.count, heads.count] + x.shape.dropFirst(3),
        elements: inBatch.flatMap { t in
          heads.flatMap { h -> ArraySlice<Double> in
            let row = (batch * x.shape[1] + t) * x.shape[2] + h
            return x.elements[row * width..<(row + 1) * width]
          }
        })
    }
    func states(_ state: (Int) -> Matrix<Double>) -> Tensor<Double> {
      Tensor(
        shape: [1, heads.count] + problem.initialState.shape.dropFirst(2),
        elements: heads.flatMap { state($0).entries })
    }
    let keyHeads = keyHead..<keyHead + 1
    var entering: [Matrix<Double>] = []
    var leaving: [Matrix<Double>] = []
    for h in heads {
      let head = operands.head(h, ofSequence: n)
      let before = head.tokens(0..<tokens.lowerBound, from: head.initialState)
      entering.append(chunkwiseSolve(before, chunkLength: 64).finalState)
      guard let cotangent else { continue }
      let middle = head.tokens(tokens, from: entering[entering.count - 1])
      let after = head.tokens(
        tokens.upperBound..<all.count, from: chunkwiseSolve(middle, chunkLength: 64).finalState)
      let rest = all.lowerBound + tokens.upperBound..<all.upperBound
      leaving.append(
        chunkwiseSolveBackward(
          after,
          Cotangent(
            o: cotangent.o[batch, tokens: rest, head: h],
            finalState: cotangent.finalState[n, stateOfHead: h]), chunkLength: 64
        ).dh0)
    }
    var part = self
    part.problem = try BatchedProblem(
      q: cut(problem.q, keyHeads), k: cut(problem.k, keyHeads), v: cut(problem.v, heads),
      beta: cut(problem.beta, heads), scale: problem.scale,
      initialState: states { entering[$0 - heads.lowerBound] })
    part.cotangent = cotangent.map {
      BatchedSolution(
        o: cut($0.o, heads), finalState: states { leaving[$0 - heads.lowerBound] })
    }
    part.results = results.compactMap { result in
      let values: Tensor<Double>
      switch result.name {
      case "dq", "dk": values = cut(result.values, keyHeads)
      case "final_state", "dh0":
        let isInside =
          result.name == "dh0" ? tokens.lowerBound == 0 : tokens.upperBound == all.count
        guard isInside else { return nil }
        values = states { result.values[n, stateOfHead: $0] }
      default: values = cut(result.values, heads)
      }
      return Result(name: result.name, values: values, storage: result.storage)
    }
    return part
  }
}
