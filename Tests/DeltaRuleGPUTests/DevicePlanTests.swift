import Algebra
import DeltaRule
import Testing

@testable import DeltaRuleGPU

@Suite(
  .enabled(
    if: (try? Device.open(.openCL(0))) != nil,
    "there is no OpenCL device: install pocl-opencl-icd and ocl-icd-libopencl1"))
struct DevicePlanTests {
  private let device: Device

  init() throws { device = try Device.open(.openCL(0)) }

  /// A prompt and then a token at a time, the state in place, equals all of it at once.
  @Test func decodingGoesOnInPlace() throws {
    let problem = try sample(length: 20)
    let whole = try solve(problem, on: device, using: .walk(.sixteen))
    let step = try DevicePlan(shape(length: 1), on: device)
    #expect(step.form == .recurrence)
    let state = try device.buffer(of: problem.initialState.elements)
    let o = try device.buffer(byteCount: 4 * 2 * 6)
    for t in 0..<20 {
      func token(_ tensor: Tensor<Float>) throws -> DeviceBuffer {
        let width = tensor.elements.count / 20
        return try device.buffer(of: Array(tensor.elements[t * width..<(t + 1) * width]))
      }
      try step.solve(
        DeviceInputs(
          q: token(problem.q), k: token(problem.k), v: token(problem.v), beta: token(problem.beta),
          scale: problem.scale, initialState: state),
        into: DeviceOutputs(o: o, finalState: state))
      let found = try numbers(in: o, 12)
      let wanted = whole.o.elements[t * 12..<(t + 1) * 12]
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 }, "token \(t)")
    }
    let found = try numbers(in: state, problem.initialState.elements.count)
    #expect(zip(found, whole.finalState.elements).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func streamsDoNotDisturbOneAnother() throws {
    let problem = try sample(length: 40)
    let plans = try (0..<2).map { _ in
      (try DevicePlan(problem.shape, on: device, using: .parallel(.sixteen)), try device.stream())
    }
    let inputs = DeviceInputs(
      q: try device.buffer(of: problem.q.elements), k: try device.buffer(of: problem.k.elements),
      v: try device.buffer(of: problem.v.elements),
      beta: try device.buffer(of: problem.beta.elements), scale: problem.scale,
      initialState: try device.buffer(of: problem.initialState.elements))
    let outputs = try plans.map { _ in try device.buffer(byteCount: 4 * 40 * 12) }
    for ((plan, stream), o) in zip(plans, outputs) {
      try plan.solve(inputs, into: DeviceOutputs(o: o, finalState: nil), on: stream)
    }
    for (_, stream) in plans { try stream.synchronize() }
    let alone = try solve(problem, on: device, using: .parallel(.sixteen)).o.elements
    for o in outputs { #expect(try numbers(in: o, 480) == alone) }
  }

  /// What does not fit its shape is refused before a kernel reads or writes behind it.
  @Test func buffersThatAreTooShortAreNamed() throws {
    let problem = try sample(length: 3)
    let plan = try DevicePlan(problem.shape, on: device)
    let short = try device.buffer(byteCount: 8)
    var inputs = DeviceInputs(
      q: try device.buffer(of: problem.q.elements), k: try device.buffer(of: problem.k.elements),
      v: try device.buffer(of: problem.v.elements), beta: short, scale: 1, initialState: nil)
    let o = try device.buffer(byteCount: 4 * 3 * 12)
    func refusal(_ outputs: DeviceOutputs) -> String {
      do { try plan.solve(inputs, into: outputs) } catch { return "\(error)" }
      return ""
    }
    #expect(
      refusal(DeviceOutputs(o: o, finalState: nil))
        == "beta lies in a buffer of 8 bytes where its shape takes 24; take one of that size")
    inputs.beta = try device.buffer(of: problem.beta.elements)
    #expect(refusal(DeviceOutputs(o: short, finalState: nil)).hasPrefix("o lies in a buffer of 8"))
    #expect(refusal(DeviceOutputs(o: o, finalState: short)).hasPrefix("final_state lies in"))
    #expect(refusal(DeviceOutputs(o: o, finalState: nil)).isEmpty)
  }

  @Test func longChunksShrinkUntilTheyFit() throws {
    let shape = try shape(length: 64, keys: 128)
    let long = try Blockings(for: shape, atMost: .sixtyFour, .cuda, localBytes: 227 << 10)
    let short = try Blockings(for: shape, atMost: .sixtyFour, .cuda, localBytes: 99 << 10)
    #expect(long.chunk == 64)
    #expect(short.chunk == 32)
    #expect(throws: GPUError.self) {
      try Blockings(for: shape, atMost: .sixtyFour, .cuda, localBytes: 1 << 10)
    }
  }

  @Test func whatADeviceCannotDoIsSaid() throws {
    let error = #expect(throws: GPUError.self) {
      try DevicePlan(shape(length: 1, keys: 257), on: device)
    }
    #expect(
      "\(try #require(error))"
        == "dk = 257: kernels have keys of up to 256 numbers; take narrower heads")
    let pipelined = #expect(throws: GPUError.self) {
      try DevicePlan(
        shape(length: 64, keys: 64), on: device, using: .pipelined, storage: .bfloat16)
    }
    #expect(
      "\(try #require(pipelined))"
        == "pipelined kernels need a CUDA device of compute capability 9.0 or newer; take another form"
    )
    let units = #expect(throws: GPUError.self) {
      try DevicePlan(shape(length: 1), on: device, precision: .tf32)
    }
    #expect("\(try #require(units))".hasPrefix("opencl:0 computes products in float32 only"))
  }

  @Test(arguments: DeviceForm.all)
  func formsHaveNames(form: DeviceForm) { #expect(DeviceForm(name: form.name) == form) }

  @Test func shortSequencesAreDecodedAndLongOnesOfFewHeadsSharedOut() throws {
    #expect(DeviceForm.chosen(for: try shape(length: 1), on: device) == .recurrence)
    let many = try BatchShape(
      batch: 64, length: 512, keyHeads: 16, heads: 16, keyDimension: 16, valueDimension: 16)
    #expect(DeviceForm.chosen(for: many, on: device) == .walk(.sixtyFour))
    let one = try BatchShape(
      batch: 1, length: 512, keyHeads: 1, heads: 1, keyDimension: 16, valueDimension: 16)
    #expect(
      DeviceForm.chosen(for: one, on: device)
        == (device.multiprocessors > 1 ? .parallel(.sixtyFour) : .walk(.sixtyFour)))
  }

  @Test(arguments: Storage.allCases)
  func storedNumbersAreThoseNearest(storage: Storage) {
    let numbers: [Float] = [0, -0.0, 1, 1.0009765625, 65504, 3.0e-8, .infinity, -2.5]
    let back = storage.numbers(in: storage.bytes(of: numbers))
    switch storage {
    case .float32: #expect(back == numbers)
    case .float16: #expect(back == numbers.map { Float(Float16($0)) })
    case .bfloat16:
      #expect(back == numbers.map { Float(FloatFormat.bfloat16.rounded(Double($0))) })
    }
    #expect(storage.numbers(in: storage.bytes(of: [.nan]))[0].isNaN)
  }

  private func shape(length: Int, keys: Int = 5) throws -> BatchShape {
    try BatchShape(
      batch: 1, length: length, keyHeads: 1, heads: 2, keyDimension: keys, valueDimension: 6)
  }

  private func sample(length: Int) throws -> BatchedProblem<Float> {
    let shape = try shape(length: length)
    func tensor(_ shape: [Int], _ factor: Float) -> Tensor<Float> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { Float(($0 * 37 + 11) % 19 - 9) * factor })
    }
    return try BatchedProblem(
      q: tensor(shape.keys, 0.04), k: tensor(shape.keys, 0.05), v: tensor(shape.values, 0.1),
      beta: tensor(shape.strengths, 0.02).map { abs($0) + 0.1 }, scale: 1,
      initialState: tensor(shape.states, 0.03))
  }

  private func numbers(in buffer: DeviceBuffer, _ count: Int) throws -> [Float] {
    var numbers = [Float](repeating: .nan, count: count)
    try numbers.withUnsafeMutableBytes { try buffer.download(into: $0, on: device.defaultStream) }
    return numbers
  }
}
