import Algebra
import DeltaRule

extension CaseFile {
  /// Work, in multiplications, that running a hundred kernels on a case may take each.
  private static let excerptWork = 1 << 25

  func isWhole(of file: CaseFile) -> Bool { problem.v.shape == file.problem.v.shape }

  /// This case; or, where it is too large to run many kernels on, a few tokens of the worst heads, with the
  /// exact state that enters them and the exact cotangent of the state that leaves them.
  func excerpt(around tensors: [TensorJudgement]) throws -> CaseFile {
    let (dk, dv) = (problem.k.shape[3], problem.v.shape[3])
    func work(_ tokens: Int, heads: Int) -> Int {
      tokens * heads * (4 * dk * dv + 64 * 10 * max(dk, dv))
    }
    let tokens = problem.v.shape[0] * problem.v.shape[1]
    guard work(tokens, heads: problem.headCount) > Self.excerptWork,
      let worst = tensors.filter({ !$0.isRight }).max(by: { $0.element < $1.element }),
      let place = worst.worstElement?.index
    else { return self }

    // The element's sequence, head and token, in the order [B, T, H].
    let isState = Self.states.contains(worst.name)
    var index = place
    if layout == .headsFirst, !isState { index.swapAt(1, 2) }
    let groupSize = problem.headCount / problem.k.shape[2]
    let isGrouped = ["dq", "dk"].contains(worst.name)
    let keyHead = isState ? index[1] / groupSize : isGrouped ? index[2] : index[2] / groupSize
    let sequence =
      isState
      ? index[0]
      : problem.boundaries?.lastIndex { $0 <= index[1] } ?? index[0]
    let (_, all) = problem.location(ofSequence: sequence)
    let token =
      isState ? worst.name == "dh0" ? 0 : max(0, all.count - 1) : index[1] - all.lowerBound
    let longest = max(128, Self.excerptWork / max(1, work(1, heads: groupSize)) / 64 * 64)
    let start = max(0, min(token / 64 * 64 - longest / 2 / 64 * 64, all.count - longest) / 64 * 64)
    return try excerpt(
      ofSequence: sequence, keyHead: keyHead, tokens: start..<min(all.count, start + longest))
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
