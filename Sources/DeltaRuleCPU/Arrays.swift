import DeltaRule

// A plan over arrays: their memory is borrowed for the time of a call.

extension Plan {
  /// The solution; with the residuals, in the shape of v, where they are wanted.
  func solve(
    _ problem: BatchedProblem<Number>, keepingResiduals: Bool
  ) -> (solution: BatchedSolution<Number>, residuals: Tensor<Number>) {
    let (values, states) = (shape.values, shape.states)
    var finalState: [Number] = []
    var residuals: [Number] = []
    let o = filled(values) { o in
      finalState = filled(states) { finalState in
        residuals = filled(keepingResiduals ? values : [0]) { residuals in
          withInputs(problem) { inputs in
            solve(
              inputs,
              into: Outputs(
                o: TensorPointer(o, contiguous: values), finalState: finalState,
                residuals: keepingResiduals
                  ? TensorPointer(residuals, contiguous: values) : .none))
          }
        }
      }
    }
    return (
      BatchedSolution(
        o: Tensor(shape: values, elements: o),
        finalState: Tensor(shape: states, elements: finalState)),
      Tensor(shape: keepingResiduals ? values : [0], elements: residuals)
    )
  }

  /// - Throws: `ShapeError` where the cotangent has another shape.
  func gradient(
    _ problem: BatchedProblem<Number>, residuals: Tensor<Number>,
    _ cotangent: BatchedSolution<Number>
  ) throws -> BatchedGradient<Number> {
    let (keys, values, strengths, states) = (
      shape.keys, shape.values, shape.strengths, shape.states
    )
    try cotangent.check(against: shape)
    var (dk, dv, dbeta, dh0): ([Number], [Number], [Number], [Number]) = ([], [], [], [])
    let dq = filled(keys) { dq in
      dk = filled(keys) { dk in
        dv = filled(values) { dv in
          dbeta = filled(strengths) { dbeta in
            dh0 = filled(states) { dh0 in
              withInputs(problem) { inputs in
                withMemory(residuals, cotangent.o, cotangent.finalState) { residuals, dO, dht in
                  gradient(
                    inputs, residuals: TensorPointer(residuals, contiguous: values),
                    into: Gradients(
                      dO: TensorPointer(dO, contiguous: values),
                      dFinalState: dht.map { UnsafePointer($0) },
                      dq: TensorPointer(dq, contiguous: keys),
                      dk: TensorPointer(dk, contiguous: keys),
                      dv: TensorPointer(dv, contiguous: values),
                      dbeta: TensorPointer(dbeta, contiguous: strengths), dInitialState: dh0))
                }
              }
            }
          }
        }
      }
    }
    return BatchedGradient(
      dq: Tensor(shape: keys, elements: dq), dk: Tensor(shape: keys, elements: dk),
      dv: Tensor(shape: values, elements: dv), dbeta: Tensor(shape: strengths, elements: dbeta),
      dh0: Tensor(shape: states, elements: dh0))
  }

  /// An array of all the numbers that `fill` puts into a tensor of that shape.
  private func filled(
    _ shape: [Int], _ fill: (UnsafeMutablePointer<Number>?) -> Void
  ) -> [Number] {
    let count = shape.reduce(1, *)
    guard count > 0 else {
      fill(nil)
      return []
    }
    return Array(unsafeUninitializedCapacity: count) { buffer, filled in
      fill(buffer.baseAddress)
      filled = count
    }
  }

  private func withInputs(_ problem: BatchedProblem<Number>, _ body: (Inputs<Number>) -> Void) {
    withMemory(problem.q, problem.k, problem.v) { q, k, v in
      withMemory(problem.beta, problem.initialState, problem.initialState) {
        beta, initialState, _ in
        body(
          Inputs(
            q: TensorPointer(q, contiguous: shape.keys),
            k: TensorPointer(k, contiguous: shape.keys),
            v: TensorPointer(v, contiguous: shape.values),
            beta: TensorPointer(beta, contiguous: shape.strengths), scale: problem.scale,
            initialState: initialState.map { UnsafePointer($0) }))
      }
    }
  }

  /// The memory of three tensors that are only read.
  private func withMemory(
    _ x: Tensor<Number>, _ y: Tensor<Number>, _ z: Tensor<Number>,
    _ body: (
      UnsafeMutablePointer<Number>?, UnsafeMutablePointer<Number>?, UnsafeMutablePointer<Number>?
    ) -> Void
  ) {
    x.elements.withUnsafeBufferPointer { x in
      y.elements.withUnsafeBufferPointer { y in
        z.elements.withUnsafeBufferPointer { z in
          body(
            UnsafeMutablePointer(mutating: x.baseAddress),
            UnsafeMutablePointer(mutating: y.baseAddress),
            UnsafeMutablePointer(mutating: z.baseAddress))
        }
      }
    }
  }
}
