public import CDeltaNet
internal import DeltaRule
internal import DeltaRuleCPU
internal import Glibc

@c @implementation
public func deltanet_backward_f32(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f32>?,
  _ cotangents: UnsafePointer<deltanet_cotangents_f32>?,
  _ gradients: UnsafePointer<deltanet_gradients_f32>?
) -> deltanet_status {
  status { () throws(CallError) in
    try backward(
      Batch(shape, options), given(inputs, "inputs"), given(cotangents, "cotangents"),
      given(gradients, "gradients"))
  }
}

@c @implementation
public func deltanet_backward_f64(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f64>?,
  _ cotangents: UnsafePointer<deltanet_cotangents_f64>?,
  _ gradients: UnsafePointer<deltanet_gradients_f64>?
) -> deltanet_status {
  status { () throws(CallError) in
    try backward(
      Batch(shape, options), given(inputs, "inputs"), given(cotangents, "cotangents"),
      given(gradients, "gradients"))
  }
}

private func backward<Number>(
  _ batch: Batch<Number>, _ inputs: some InputArguments<Number>,
  _ cotangents: some CotangentArguments<Number>, _ gradients: some GradientArguments<Number>
) throws(CallError) {
  let shape = batch.shape
  func written(
    _ name: String, _ start: UnsafeMutablePointer<Number>?, _ strides: deltanet_strides,
    _ shape: [Int]
  ) throws(CallError) -> TensorArgument<Number> {
    try TensorArgument(name, start, strides, shape, isWritten: true)
  }
  let dq = try written("dq", gradients.dq, gradients.dq_strides, shape.keys)
  let dk = try written("dk", gradients.dk, gradients.dk_strides, shape.keys)
  let dv = try written("dv", gradients.dv, gradients.dv_strides, shape.values)
  let dbeta = try written("dbeta", gradients.dbeta, gradients.dbeta_strides, shape.strengths)
  let dh0 = try batch.states("dh0", gradients.dh0)
  let dO = try TensorArgument("d_o", cotangents.d_o, cotangents.d_o_strides, shape.values)
  let dht = try batch.states("dht", cotangents.dht)
  let read = try batch.inputs(inputs)
  try Region.checkApart(
    written: [dq.region, dk.region, dv.region, dbeta.region] + dh0,
    read: read.regions + [dO.region] + dht)
  guard batch.stateNumbers > 0 else { return }

  let plan = try batch.plan(withGradient: true)
  let values = shape.values.reduce(1, *)
  let residuals = try allocated(values, for: "residuals", Number.self)
  defer { free(residuals) }
  let unwanted =
    try gradients.dh0 == nil
    ? allocated(batch.stateNumbers, for: "gradients of states", Number.self) : nil
  defer { free(unwanted) }

  let states = gradients.dh0 ?? unwanted
  let kept = TensorPointer(residuals, contiguous: shape.values)
  // The final states are nobody's: their gradient takes their place.
  plan.solve(read.tensors, into: Outputs(o: .none, finalState: states, residuals: kept))
  plan.gradient(
    read.tensors, residuals: kept,
    into: Gradients(
      dO: dO.pointer, dFinalState: cotangents.dht, dq: dq.pointer, dk: dk.pointer, dv: dv.pointer,
      dbeta: dbeta.pointer, dInitialState: states))
}
