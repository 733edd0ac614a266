public import CDeltaNet
internal import DeltaRule
internal import DeltaRuleCPU
internal import Glibc

@c @implementation
public func deltanet_forward_f32(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f32>?, _ outputs: UnsafePointer<deltanet_outputs_f32>?
) -> deltanet_status {
  status { () throws(CallError) in
    try forward(Batch(shape, options), given(inputs, "inputs"), given(outputs, "outputs"))
  }
}

@c @implementation
public func deltanet_forward_f64(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f64>?, _ outputs: UnsafePointer<deltanet_outputs_f64>?
) -> deltanet_status {
  status { () throws(CallError) in
    try forward(Batch(shape, options), given(inputs, "inputs"), given(outputs, "outputs"))
  }
}

func forward<Number>(
  _ batch: Batch<Number>, _ inputs: some InputArguments<Number>,
  _ outputs: some OutputArguments<Number>
) throws(CallError) {
  let o = try TensorArgument("o", outputs.o, outputs.o_strides, batch.shape.values, isWritten: true)
  let final = try batch.states("final_state", outputs.final_state)
  let read = try batch.inputs(inputs)
  // In place: the final state may be the initial one.
  let isInPlace = outputs.final_state.map { UnsafePointer($0) } == inputs.initial_state
  try Region.checkApart(
    written: [o.region] + final,
    read: read.regions.filter { !(isInPlace && $0.name == "initial_state") })
  guard batch.stateNumbers > 0 else { return }

  let plan = try batch.plan(withGradient: false)
  let unwanted =
    try outputs.final_state == nil
    ? allocated(batch.stateNumbers, for: "final states", Number.self) : nil
  defer { free(unwanted) }
  plan.solve(
    read.tensors,
    into: Outputs(
      o: o.pointer, finalState: outputs.final_state ?? unwanted, residuals: .none))
}
