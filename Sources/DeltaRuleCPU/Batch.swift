import DeltaRule

/// A batched problem in memory, taken apart into the heads of its sequences.
struct Batch<Number: KernelNumber> {
  private let problem: BatchedProblem<Number>

  init(_ problem: BatchedProblem<Number>) { self.problem = problem }

  /// Heads of sequences: N·H.
  var count: Int { problem.sequenceCount * problem.headCount }

  /// The outputs and final states that `work` writes.
  ///
  /// - Parameter work: is handed head i of the batch, sequence after sequence.
  func solving(_ work: (_ head: @Sendable (Int) -> Head<Number>) -> Void) -> BatchedSolution<Number>
  {
    let (q, k, v, beta) = (
      problem.q.elements, problem.k.elements, problem.v.elements, problem.beta.elements
    )
    let states = problem.initialState.elements
    var finalStates: [Number] = []
    let o = [Number](unsafeUninitializedCapacity: v.count) { o, count in
      // Sequences cover the tokens, so that every output is written.
      count = v.count
      finalStates = [Number](unsafeUninitializedCapacity: states.count) { finalStates, count in
        count = states.count
        q.withUnsafeBufferPointer { q in
          k.withUnsafeBufferPointer { k in
            v.withUnsafeBufferPointer { v in
              beta.withUnsafeBufferPointer { beta in
                states.withUnsafeBufferPointer { states in
                  let memory = Memory(
                    q: q, k: k, v: v, beta: beta, initialStates: states, o: o,
                    finalStates: finalStates)
                  work { head($0, in: memory) }
                }
              }
            }
          }
        }
      }
    }
    return BatchedSolution(
      o: Tensor(shape: problem.v.shape, elements: o),
      finalState: Tensor(shape: problem.initialState.shape, elements: finalStates))
  }

  /// Shared by threads that write to different heads or columns.
  private struct Memory: @unchecked Sendable {
    let q: UnsafeBufferPointer<Number>
    let k: UnsafeBufferPointer<Number>
    let v: UnsafeBufferPointer<Number>
    let beta: UnsafeBufferPointer<Number>
    let initialStates: UnsafeBufferPointer<Number>
    let o: UnsafeMutableBufferPointer<Number>
    let finalStates: UnsafeMutableBufferPointer<Number>
  }

  private func head(_ index: Int, in memory: Memory) -> Head<Number> {
    let (sequence, h) = index.quotientAndRemainder(dividingBy: problem.headCount)
    let (batch, tokens) = problem.location(ofSequence: sequence)
    let (keyHeads, dk) = (problem.k.shape[2], problem.k.shape[3])
    let (heads, dv) = (problem.v.shape[2], problem.v.shape[3])
    let betaWidth = problem.beta.shape.count == 4 ? dv : 1
    let row = batch * problem.v.shape[1] + tokens.lowerBound
    // An empty tensor has no memory.
    func start(_ x: UnsafeBufferPointer<Number>, _ offset: Int) -> UnsafePointer<Number>? {
      x.baseAddress.map { $0 + offset }
    }
    func start(
      _ x: UnsafeMutableBufferPointer<Number>, _ offset: Int
    ) -> UnsafeMutablePointer<Number>? {
      x.baseAddress.map { $0 + offset }
    }
    let keys = (row * keyHeads + problem.keyHead(of: h)) * dk
    return Head(
      length: tokens.count, keyWidth: dk, valueWidth: dv, q: start(memory.q, keys),
      k: start(memory.k, keys), v: start(memory.v, (row * heads + h) * dv),
      beta: start(memory.beta, (row * heads + h) * betaWidth), keyStride: keyHeads * dk,
      valueStride: heads * dv, betaStride: heads * betaWidth,
      hasVectorBeta: problem.beta.shape.count == 4, scale: problem.scale,
      initialState: start(memory.initialStates, index * dk * dv),
      o: start(memory.o, (row * heads + h) * dv),
      finalState: start(memory.finalStates, index * dk * dv))
  }
}
