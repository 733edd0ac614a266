internal import CDeltaNet
internal import DeltaRule
internal import DeltaRuleCPU
internal import FoundationEssentials

/// The shape and the options of a call, once they are known to be such.
struct Batch<Number: KernelNumber> {
  let shape: BatchShape
  private let scale: Number
  private let normalizes: Bool
  private let threads: Int

  init(
    _ shape: UnsafePointer<deltanet_shape>?, _ options: UnsafePointer<deltanet_options>?
  ) throws(CallError) {
    let options = try given(options, "options")
    self.shape = try BatchShape(given(shape, "shape"))
    scale = Number(options.scale)
    guard scale.isFinite else {
      throw .badArgument(
        "options.scale is \(options.scale)",
        "give a number that is finite in the type of the call, mostly 1 / sqrt(dk)")
    }
    normalizes = options.use_qk_l2norm != 0
    guard options.threads >= 0 else {
      throw .badArgument("options.threads is \(options.threads)", "give 0 or more")
    }
    let processors = ProcessInfo.processInfo.activeProcessorCount
    threads = options.threads == 0 ? processors : min(Int(options.threads), processors)
  }

  /// - Throws: ``CallError`` where there is no memory for its workspace.
  func plan(withGradient: Bool) throws(CallError) -> Plan<Number> {
    guard let numbers = shape.workspace(threads: threads, withGradient: withGradient) else {
      throw .outOfMemory("a workspace of more than 2⁴⁵ numbers")
    }
    try checkMemory(bytes: numbers * MemoryLayout<Number>.stride, for: "a workspace")
    return Plan(shape, normalizingQueriesAndKeys: normalizes, threads: threads)
  }

  /// What is read, and where it lies.
  func inputs(
    _ inputs: some InputArguments<Number>
  ) throws(CallError) -> (tensors: Inputs<Number>, regions: [Region]) {
    let q = try TensorArgument("q", inputs.q, inputs.q_strides, shape.keys)
    let k = try TensorArgument("k", inputs.k, inputs.k_strides, shape.keys)
    let v = try TensorArgument("v", inputs.v, inputs.v_strides, shape.values)
    let beta = try TensorArgument("beta", inputs.beta, inputs.beta_strides, shape.strengths)
    return (
      Inputs(
        q: q.pointer, k: k.pointer, v: v.pointer, beta: beta.pointer, scale: scale,
        initialState: inputs.initial_state),
      [q.region, k.region, v.region, beta.region]
        + (try states("initial_state", inputs.initial_state))
    )
  }

  /// Where states lie; nowhere where they are nil.
  func states(
    _ name: String, _ start: UnsafePointer<Number>?
  ) throws(CallError) -> [Region] {
    guard let start else { return [] }
    return [try Region(name, start, count: stateNumbers)]
  }

  func states(
    _ name: String, _ start: UnsafeMutablePointer<Number>?
  ) throws(CallError) -> [Region] {
    try states(name, start.map { UnsafePointer($0) })
  }

  /// N·H·dk·dv.
  var stateNumbers: Int { shape.states.reduce(1, *) }
}
