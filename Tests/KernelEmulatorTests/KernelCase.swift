import DeltaRule
import PropertyTesting

@testable import DeltaRuleGPU

/// A batch, and what the recurrence makes of it in double precision.
struct KernelCase: Sendable, CustomStringConvertible {
  let description: String
  let normalizes: Bool
  let storage: Storage
  let precision: ProductPrecision
  /// Whether there are an initial state, a final one, and their cotangents.
  let hasStates: Bool
  private let problem: BatchedProblem<Float>
  private let cotangent: BatchedSolution<Float>
  private let expected: [(name: String, numbers: [Double])]

  /// - Parameter boundaries: of packed sequences.
  init(
    _ name: String, boundaries: [Int], heads: (keys: Int, values: Int) = (1, 2),
    widths: (dk: Int, dv: Int), hasVectorBeta: Bool = false, normalizes: Bool = false,
    storage: Storage = .float32, precision: ProductPrecision = .tf32, hasStates: Bool = true
  ) throws {
    description = name
    self.normalizes = normalizes
    self.storage = storage
    self.precision = precision
    self.hasStates = hasStates
    let shape = try BatchShape(
      batch: 1, length: boundaries[boundaries.count - 1], keyHeads: heads.keys,
      heads: heads.values, keyDimension: widths.dk, valueDimension: widths.dv,
      hasVectorBeta: hasVectorBeta, boundaries: boundaries)
    var generator = Xoshiro256(seed: 1)
    func random(_ shape: [Int], in range: ClosedRange<Float> = -1...1) -> Tensor<Float> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
    }
    func states() -> Tensor<Float> {
      hasStates ? random(shape.states) : Tensor(repeating: 0, shape: shape.states)
    }
    let raw = try BatchedProblem(
      q: random(shape.keys), k: random(shape.keys), v: random(shape.values),
      beta: random(shape.strengths, in: 0...1), scale: 0.25, initialState: states(),
      boundaries: boundaries)
    // Keys of length 1 keep states small.
    problem = (normalizes ? raw : raw.normalizingQueriesAndKeys()).map(storage.rounded)
    cotangent = BatchedSolution(o: random(shape.values), finalState: states())
      .map(storage.rounded)
    let exact = problem.map(Double.init)
    let solved = normalizes ? exact.normalizingQueriesAndKeys() : exact
    let solution = solved.solve(recurrence)
    let gradient = try solved.gradient(cotangent.map(Double.init), by: recurrenceBackward)
    expected = Self.named(solution, normalizes ? exact.normalizationBackward(gradient) : gradient)
  }

  /// What a form makes of it on a device; without states o and the gradients of what a token has, and no gradients by pipelined
  /// kernels, which have none of their own.
  func results(
    _ form: DeviceForm, on device: Device
  ) throws -> [(name: String, numbers: [Float])] {
    if hasStates {
      let (value, pullback) = try valueWithPullback(
        problem, on: device, using: form, storage: storage, precision: precision,
        normalizingQueriesAndKeys: normalizes)
      return Self.named(value, form == .pipelined ? nil : try pullback(cotangent))
    }
    let plan = try DevicePlan(
      problem.shape, on: device, using: form, storage: storage, precision: precision,
      normalizingQueriesAndKeys: normalizes)
    func stored(_ tensor: Tensor<Float>) throws -> DeviceBuffer {
      try device.buffer(of: storage.bytes(of: tensor.elements))
    }
    func room(_ tensor: Tensor<Float>) throws -> DeviceBuffer {
      try device.buffer(byteCount: tensor.elements.count * storage.byteCount)
    }
    let inputs = DeviceInputs(
      q: try stored(problem.q), k: try stored(problem.k), v: try stored(problem.v),
      beta: try stored(problem.beta), scale: problem.scale, initialState: nil)
    let o = try room(problem.v)
    let gradients = DeviceGradients(
      dq: try room(problem.q), dk: try room(problem.k), dv: try room(problem.v),
      dbeta: try room(problem.beta), dInitialState: nil)
    try plan.solve(inputs, into: DeviceOutputs(o: o, finalState: nil))
    var results = [("o", o)]
    if form != .pipelined {
      try plan.gradient(
        inputs, DeviceOutputs(o: stored(cotangent.o), finalState: nil), into: gradients)
      results += [
        ("dq", gradients.dq), ("dk", gradients.dk), ("dv", gradients.dv),
        ("dbeta", gradients.dbeta),
      ]
    }
    return try results.map { name, buffer in
      var bytes = [UInt8](repeating: 0, count: buffer.byteCount)
      try bytes.withUnsafeMutableBytes { try buffer.download(into: $0, on: device.defaultStream) }
      return (name, storage.numbers(in: bytes))
    }
  }

  /// The tensors that are farther from what they should be than products of that relative error and the storage explain.
  func mistakes(
    in results: [(name: String, numbers: [Float])], products: Double
  ) -> [String] {
    results.compactMap { name, numbers in
      let expected = expected.first { $0.name == name }!.numbers
      let difference = zip(numbers, expected).map { Double($0) - $1 }
      let error = length(difference) / max(length(expected), .leastNormalMagnitude)
      let isStored = name != "finalState" && name != "dh0"
      let bound = products + (isStored ? storage.unitRoundoff : 0)
      return error <= bound ? nil : "\(name): error \(error), of \(bound) allowed"
    }
  }

  private static func named<Number>(
    _ value: BatchedSolution<Number>, _ gradient: BatchedGradient<Number>?
  ) -> [(name: String, numbers: [Number])] {
    let outputs = [("o", value.o), ("finalState", value.finalState)]
    let gradients = gradient.map {
      [("dq", $0.dq), ("dk", $0.dk), ("dv", $0.dv), ("dbeta", $0.dbeta), ("dh0", $0.dh0)]
    }
    return (outputs + (gradients ?? [])).map { ($0, $1.elements) }
  }
}

private func length(_ numbers: [Double]) -> Double {
  numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

extension Storage {
  fileprivate func rounded(_ x: Float) -> Float { numbers(in: bytes(of: [x]))[0] }

  /// How far rounding a number takes it away, relative to it.
  fileprivate var unitRoundoff: Double {
    switch self {
    case .float32: 0
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    }
  }
}
