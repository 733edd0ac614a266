public import CDeltaNet
internal import DeltaRule
internal import DeltaRuleCPU

@c @implementation
public func deltanet_decode_step_f32(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f32>?, _ outputs: UnsafePointer<deltanet_outputs_f32>?
) -> deltanet_status {
  status { () throws(CallError) in
    try decodeStep(Batch(shape, options), given(inputs, "inputs"), given(outputs, "outputs"))
  }
}

@c @implementation
public func deltanet_decode_step_f64(
  _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?,
  _ inputs: UnsafePointer<deltanet_inputs_f64>?, _ outputs: UnsafePointer<deltanet_outputs_f64>?
) -> deltanet_status {
  status { () throws(CallError) in
    try decodeStep(Batch(shape, options), given(inputs, "inputs"), given(outputs, "outputs"))
  }
}

private func decodeStep<Number>(
  _ batch: Batch<Number>, _ inputs: some InputArguments<Number>,
  _ outputs: some OutputArguments<Number>
) throws(CallError) {
  guard batch.shape.length == 1 else {
    throw .badArgument("shape.length is \(batch.shape.length)", "a step is of 1 token")
  }
  guard batch.shape.boundaries == nil else {
    throw .badArgument(
      "shape.sequences is \(batch.shape.sequenceCount)",
      "a step takes sequences as a batch: make it 0")
  }
  guard inputs.initial_state == nil else {
    throw .badArgument(
      "initial_state is not null", "a step reads and writes the states in final_state")
  }
  guard outputs.final_state != nil || batch.stateNumbers == 0 else {
    throw .missing("final_state", "give the states, which are read and written")
  }
  var inputs = inputs
  inputs.initial_state = UnsafePointer(outputs.final_state)
  try forward(batch, inputs, outputs)
}
