import CDeltaKernels

extension CompiledKernels {
  /// The two-token fused recurrence; or one token after the other where the sequences are short. The gradient is made by
  /// two sweeps over the tokens, of which each builds a state up the way it was first computed.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  func kernel<Number: KernelNumber>(
    tokenByToken: Bool, keyDimension dk: Int, _: Number.Type
  ) -> HeadKernel<Number> {
    let table = table
    func space(_ size: @escaping @convention(c) (Int, Int) -> Int) -> (Int) -> Int {
      { columns in size(dk, columns) }
    }
    guard let forward = tokenByToken ? table.decode : table.forward,
      let forwardSpace = tokenByToken ? table.decode_workspace : table.forward_workspace,
      let backward = table.backward, let backwardSpace = table.backward_workspace
    else { preconditionFailure("a table of kernels lacks one") }
    return HeadKernel(
      panelWidth: table.panel_width, space: space(forwardSpace),
      forward: { head, columns, space in
        withUnsafePointer(to: delta_problem(head)) {
          forward($0, columns.lowerBound, columns.upperBound, space)
        }
      },
      backwardSpace: space(backwardSpace),
      backward: { head, gradient, columns, space in
        withUnsafePointer(to: delta_problem(head)) { problem in
          withUnsafePointer(to: delta_gradient(gradient)) { gradient in
            backward(problem, gradient, columns.lowerBound, columns.upperBound, space)
          }
        }
      })
  }
}

extension delta_rows {
  fileprivate init<Number>(_ rows: Rows<Number>) {
    self.init(start: rows.start, stride: rows.stride)
  }
}

extension delta_problem {
  fileprivate init<Number: KernelNumber>(_ head: Head<Number>) {
    self.init(
      length: head.length, key_width: head.keyDimension, value_width: head.valueDimension,
      q: delta_rows(head.q), k: delta_rows(head.k), v: delta_rows(head.v),
      beta: delta_rows(head.beta), beta_is_vector: head.hasVectorBeta,
      normalizes: head.normalizes, scale: Double(head.scale), initial_state: head.initialState,
      o: delta_rows(head.o), final_state: head.finalState, residuals: delta_rows(head.residuals))
  }
}

extension delta_gradient {
  fileprivate init<Number>(_ gradient: HeadGradient<Number>) {
    self.init(
      d_o: delta_rows(gradient.dO), d_final_state: gradient.dFinalState,
      dq: delta_rows(gradient.dq), dk: delta_rows(gradient.dk), dv: delta_rows(gradient.dv),
      dbeta: delta_rows(gradient.dbeta), d_initial_state: gradient.dInitialState)
  }
}
