import DeltaRule
import DeltaRuleGPU

/// The tensors of one shape on a device, and the passes that run on them.
///
/// There are so many sets of them that runs which take them in turns find nothing in a cache. Keys are unit vectors and β lies
/// between 0 and 1, so that no state overflows or fades away; every million numbers the tensors repeat themselves.
final class DeviceBatch {
  private struct TensorSet {
    var inputs: DeviceInputs
    var outputs: DeviceOutputs
    var cotangent: DeviceOutputs?
    var gradients: DeviceGradients?
  }

  private var sets: [TensorSet] = []
  var setCount: Int { sets.count }

  /// - Throws: `GPUError`, where the device has no memory for them too.
  init(
    _ shape: BatchShape, _ storage: Storage, for passes: [BenchmarkPass], on device: Device
  ) throws {
    let (hasGradients, hasStates) = (passes.contains(where: \.isGradient), passes.contains(.decode))
    var numbers = RandomNumbers()
    func room(_ shape: [Int]) throws -> DeviceBuffer {
      try device.buffer(byteCount: shape.reduce(1, *) * storage.byteCount)
    }
    func drawn(
      _ shape: [Int], _ storage: Storage, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void
    ) throws -> DeviceBuffer {
      let (count, width) = (shape.reduce(1, *), shape[shape.count - 1])
      var block = [Float](repeating: 0, count: min(count, max(1, 1 << 20 / width) * width))
      block.withUnsafeMutableBufferPointer { fill($0) }
      return try device.buffer(
        of: storage.bytes(of: block).repeated(toCount: count * storage.byteCount))
    }
    func units(_ tensor: UnsafeMutableBufferPointer<Float>) {
      numbers.units(tensor, width: shape.keyDimension)
    }
    func signed(_ tensor: UnsafeMutableBufferPointer<Float>) { numbers.signed(tensor) }
    func fractions(_ tensor: UnsafeMutableBufferPointer<Float>) { numbers.fractions(tensor) }
    func copied(_ buffer: DeviceBuffer) throws -> DeviceBuffer {
      let copy = try device.buffer(byteCount: buffer.byteCount)
      try copy.copy(from: buffer, on: device.defaultStream)
      return copy
    }

    let (keys, values, strengths) = (shape.keys, shape.values, shape.strengths)
    let (q, k, v, beta) = (
      try drawn(keys, storage, units), try drawn(keys, storage, units),
      try drawn(values, storage, signed), try drawn(strengths, storage, fractions)
    )
    let states = hasStates ? try drawn(shape.states, .float32, signed) : nil
    let outputCotangent = hasGradients ? try drawn(values, storage, signed) : nil
    for i in 0..<Self.setCount(shape, storage, for: passes) {
      func own(_ buffer: DeviceBuffer) throws -> DeviceBuffer {
        i == 0 ? buffer : try copied(buffer)
      }
      let state = try states.map(own)
      sets.append(
        TensorSet(
          inputs: DeviceInputs(
            q: try own(q), k: try own(k), v: try own(v), beta: try own(beta),
            scale: 1 / Float(shape.keyDimension).squareRoot(), initialState: state),
          outputs: DeviceOutputs(o: try room(values), finalState: state),
          cotangent: try outputCotangent.map { DeviceOutputs(o: try own($0), finalState: nil) },
          gradients: hasGradients
            ? DeviceGradients(
              dq: try room(keys), dk: try room(keys), dv: try room(values),
              dbeta: try room(strengths), dInitialState: nil) : nil))
    }
  }

  /// A pass on the set whose turn it is.
  ///
  /// - Precondition: the pass is one of those that the batch is for.
  func run(_ pass: BenchmarkPass, _ plan: DevicePlan, _ turn: Int) throws {
    var set = sets[turn % sets.count]
    if pass != .decode { (set.inputs.initialState, set.outputs.finalState) = (nil, nil) }
    if pass != .backward { try plan.solve(set.inputs, into: set.outputs) }
    guard pass.isGradient else { return }
    guard let cotangent = set.cotangent, let gradients = set.gradients else {
      preconditionFailure("a batch without gradients")
    }
    try plan.gradient(set.inputs, cotangent, into: gradients)
  }

  /// Bytes of all sets.
  static func bytes(
    _ shape: BatchShape, _ storage: Storage, for passes: [BenchmarkPass]
  ) -> Double {
    bytesOfOne(shape, storage, for: passes) * Double(setCount(shape, storage, for: passes))
  }

  /// How many sets there are: as many as make 256 MB together, up to 32.
  private static func setCount(
    _ shape: BatchShape, _ storage: Storage, for passes: [BenchmarkPass]
  ) -> Int {
    let sets = 256e6 / max(1, bytesOfOne(shape, storage, for: passes))
    return Int(min(32, max(1, sets.rounded(.up))))
  }

  private static func bytesOfOne(
    _ shape: BatchShape, _ storage: Storage, for passes: [BenchmarkPass]
  ) -> Double {
    // q k v β o, and do dq dk dv dβ.
    let row = 2 * Double(shape.keyDimension) + 2 * Double(shape.valueDimension) + 1
    let copies = passes.contains(where: \.isGradient) ? 2.0 : 1
    let states = passes.contains(.decode) ? 4 * shape.stateNumbers : 0
    return copies * row * shape.tokensAndHeads * Double(storage.byteCount) + states
  }
}

extension [UInt8] {
  /// The bytes again and again, until there are so many.
  fileprivate func repeated(toCount count: Int) -> [UInt8] {
    self.count >= count
      ? self
      : [UInt8](unsafeUninitializedCapacity: count) { room, filled in
        let room = UnsafeMutableRawBufferPointer(room)
        for start in stride(from: 0, to: count, by: self.count) {
          let end = Swift.min(count, start + self.count)
          UnsafeMutableRawBufferPointer(rebasing: room[start..<end])
            .copyBytes(from: prefix(end - start))
        }
        filled = count
      }
  }
}
