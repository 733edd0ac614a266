import CDeltaNet
import DeltaRule
import Dispatch
import Testing

/// What is changed about a call that is right, and words of the message that then comes.
struct Refusal: Sendable, CustomTestStringConvertible {
  let words: [String]
  var status = DELTANET_BAD_ARGUMENT
  let change: @Sendable (inout Arguments<Float>) -> Void

  init(_ words: String..., change: @escaping @Sendable (inout Arguments<Float>) -> Void) {
    self.words = words
    self.change = change
  }

  var testDescription: String { words.joined(separator: " … ") }
}

private let huge = Int64.max

@Suite("The C interface refuses")
struct RefusalTests {
  private static var shape: BatchShape {
    get throws {
      try BatchShape(
        batch: 2, length: 3, keyHeads: 1, heads: 2, keyDimension: 4, valueDimension: 5)
    }
  }

  /// Nothing is written where a call is refused, and the message says all the words.
  private func check(
    _ refusals: [Refusal], by function: Arguments<Float>.Function, packed: Bool = false,
    length: Int = 3
  ) throws {
    let shape = try BatchShape(
      batch: packed ? 1 : 2, length: length, keyHeads: 1, heads: 2, keyDimension: 4,
      valueDimension: 5, boundaries: packed ? [0, 1, length] : nil)
    for refusal in refusals {
      let batch = try CBatch<Float>(shape)
      var arguments = batch.arguments
      if length == 1 { arguments.initialState = nil }
      refusal.change(&arguments)
      #expect(function(arguments) == refusal.status, "\(refusal.testDescription)")
      for word in refusal.words { #expect(errorMessage.contains(word)) }
      let isUntouched = batch.written.allSatisfy(\.isUntouched)
      #expect(isUntouched, "\(refusal.testDescription)")
    }
  }

  private static let anywhere = [
    Refusal("shape.batch is -1", "0 or more") { $0.shape.batch = -1 },
    Refusal("shape.length is -3") { $0.shape.length = -3 },
    Refusal("shape.key_heads is 0", "1 or more") { $0.shape.key_heads = 0 },
    Refusal("shape.heads is 0") { $0.shape.heads = 0 },
    Refusal("shape.heads is 3", "multiple of the 2") {
      ($0.shape.heads, $0.shape.key_heads) = (3, 2)
    },
    Refusal("shape.key_dimension is 0") { $0.shape.key_dimension = 0 },
    Refusal("shape.value_dimension is \(huge)") { $0.shape.value_dimension = huge },
    Refusal("q [", "product") { $0.shape.key_dimension = 1 << 45 },
    Refusal("shape.sequences is -1") { $0.shape.sequences = -1 },
    Refusal("options.scale is nan", "finite") { $0.options.scale = .nan },
    Refusal("options.scale is 1e+300", "finite") { $0.options.scale = 1e300 },
    Refusal("options.threads is -1") { $0.options.threads = -1 },
    Refusal("q is null", "numbers") { $0.q = nil },
    Refusal("k is null") { $0.k = nil },
    Refusal("v is null") { $0.v = nil },
    Refusal("beta is null") { $0.beta = nil },
    Refusal("address of v", "multiple of 4") { $0.v = misaligned($0.v) },
    Refusal("k_strides.token is 3", "4 numbers") { $0.kStrides = strides(100, 3, 4) },
    Refusal("beta_strides.token is 2147483648", "2³¹") { $0.betaStrides = strides(1, 1 << 31, 1) },
    Refusal("v_strides.batch is -30") { $0.vStrides = strides(-30, 10, 5) },
    Refusal("q_strides", "beyond") { $0.qStrides = strides(huge, 8, 4) },
    Refusal("q", "last address") { $0.q = UnsafeMutablePointer(bitPattern: UInt.max - 3) },
  ]

  private static let outputs = [
    Refusal("o is null") { $0.o = nil },
    Refusal("o_strides (30, 10, 3) let rows overlap") { $0.oStrides = strides(30, 10, 3) },
    Refusal("o_strides (0, 10, 5) let rows overlap") { $0.oStrides = strides(0, 10, 5) },
    Refusal("o overlaps v") { $0.o = $0.v },
    Refusal("o overlaps v") { $0.o = $0.v.map { $0 + 20 } },
    Refusal("o overlaps final_state") { $0.finalState = $0.o },
    Refusal("address of final_state") { $0.finalState = misaligned($0.finalState) },
    Refusal("final_state overlaps initial_state") {
      $0.finalState = $0.initialState.map { $0 + 1 }
    },
  ]

  private static let gradients = [
    Refusal("d_o is null") { $0.dO = nil },
    Refusal("dq is null") { $0.dq = nil },
    Refusal("dk is null") { $0.dk = nil },
    Refusal("dv is null") { $0.dv = nil },
    Refusal("dbeta is null") { $0.dbeta = nil },
    Refusal("dk overlaps k") { $0.dk = $0.k },
    Refusal("dq overlaps dk") { $0.dq = $0.dk },
    Refusal("dv overlaps d_o") { $0.dv = $0.dO },
    Refusal("dh0 overlaps initial_state") { $0.dh0 = $0.initialState },
    Refusal("dh0 overlaps dht") { $0.dh0 = $0.dht },
    Refusal("dbeta_strides (6, 2, 0) let rows overlap") { $0.dbetaStrides = strides(6, 2, 0) },
  ]

  private static let packing = [
    Refusal("shape.batch is 2", "packed") { $0.shape.batch = 2 },
    Refusal("shape.cu_seqlens is null") { $0.shape.cu_seqlens = nil },
    Refusal("shape.cu_seqlens[2] is 3", "the length 4") { $0.shape.length = 4 },
    Refusal("shape.cu_seqlens[2] is 3", "at most the length 2") { $0.shape.length = 2 },
    Refusal("shape.cu_seqlens[0] is 1", "make it 0") {
      $0.shape.cu_seqlens = $0.shape.cu_seqlens.map { $0 + 1 }
    },
    Refusal("shape.cu_seqlens[3] is 0", "at least the 3") { $0.shape.sequences = 3 },
    Refusal("a state [") { $0.shape.sequences = 1 << 44 },
  ]

  private static let steps = [
    Refusal("shape.length is 2", "1 token") { $0.shape.length = 2 },
    Refusal("final_state is null") { $0.finalState = nil },
    Refusal("initial_state is not null") { $0.initialState = $0.dht },
    Refusal("o overlaps final_state") { $0.finalState = $0.o },
  ]

  @Test
  func forward() throws {
    try check(Self.anywhere + Self.outputs, by: Float.forward)
    try check(Self.packing, by: Float.forward, packed: true)
  }

  @Test
  func backward() throws {
    try check(Self.anywhere + Self.gradients, by: Float.backward)
    try check(Self.packing, by: Float.backward, packed: true)
  }

  @Test
  func decodeStep() throws {
    try check(Self.steps, by: Float.decodeStep, length: 1)
    let packed = Refusal("shape.sequences is 2", "make it 0") { $0.initialState = nil }
    try check([packed], by: Float.decodeStep, packed: true, length: 1)
  }

  /// Nobody has these: final states of 2⁴⁵ numbers, or a workspace for keys of 2⁴⁰.
  @Test
  func memoryThatCannotBeHad() throws {
    func refusal(_ what: String, batch: Int64, keyDimension: Int64) -> Refusal {
      var refusal = Refusal("no memory", what, "smaller batch") {
        ($0.shape.batch, $0.shape.length) = (batch, 0)
        ($0.shape.key_heads, $0.shape.heads, $0.shape.value_dimension) = (1, 1, 1)
        $0.shape.key_dimension = keyDimension
        ($0.initialState, $0.finalState, $0.dht, $0.dh0) = (nil, nil, nil, nil)
      }
      refusal.status = DELTANET_OUT_OF_MEMORY
      return refusal
    }
    let large = refusal("final states", batch: 1 << 45, keyDimension: 1)
    let wide = refusal("workspace", batch: 1, keyDimension: 1 << 40)
    try check([large, wide], by: Float.forward)
    try check([wide], by: Float.backward)
  }

  /// Structs that are null, one after the other.
  @Test
  func structsThatAreNull() throws {
    var (shape, options) = (deltanet_shape(), deltanet_options())
    (shape.key_heads, shape.heads, shape.key_dimension, shape.value_dimension) = (1, 1, 1, 1)
    var (inputs, outputs) = (deltanet_inputs_f64(), deltanet_outputs_f64())
    var cotangents = deltanet_cotangents_f64()
    func expect(_ name: String, _ status: deltanet_status) {
      #expect(status == DELTANET_BAD_ARGUMENT && errorMessage.hasPrefix("\(name) is null"))
    }
    expect("options", deltanet_forward_f64(&shape, nil, &inputs, &outputs))
    expect("shape", deltanet_forward_f64(nil, &options, &inputs, &outputs))
    expect("inputs", deltanet_forward_f64(&shape, &options, nil, &outputs))
    expect("outputs", deltanet_forward_f64(&shape, &options, &inputs, nil))
    expect("inputs", deltanet_decode_step_f64(&shape, &options, nil, &outputs))
    expect("outputs", deltanet_decode_step_f64(&shape, &options, &inputs, nil))
    expect("cotangents", deltanet_backward_f64(&shape, &options, &inputs, nil, nil))
    expect("gradients", deltanet_backward_f64(&shape, &options, &inputs, &cotangents, nil))
  }

  /// Calls at once, half of them refused: each thread has its own message, and the others are right.
  @Test
  func threadsAreApart() throws {
    let batch = try CBatch<Double>(Self.shape)
    #expect(Double.forward(batch.arguments) == DELTANET_OK)
    let expected = batch.o.elements
    nonisolated(unsafe) let arguments = batch.arguments
    DispatchQueue.concurrentPerform(iterations: 64) { i in
      let o = Memory<Double>([2, 3, 2, 5])
      let finalState = Memory<Double>([2, 2, 4, 5])
      var arguments = arguments
      (arguments.o, arguments.finalState) = (o.start, finalState.start)
      arguments.options.threads = 2
      if i % 2 == 0 { arguments.shape.batch = -Int64(i) - 1 }
      let status = Double.forward(arguments)
      if i % 2 == 0 {
        #expect(status == DELTANET_BAD_ARGUMENT)
        #expect(errorMessage.hasPrefix("shape.batch is -\(i + 1);"))
      } else {
        #expect(status == DELTANET_OK)
        #expect(o.elements == expected)
      }
    }
  }
}

private func strides(_ batch: Int64, _ token: Int64, _ head: Int64) -> deltanet_strides {
  deltanet_strides(batch: batch, token: token, head: head)
}

private func misaligned(_ start: UnsafeMutablePointer<Float>?) -> UnsafeMutablePointer<Float>? {
  UnsafeMutablePointer(bitPattern: UInt(bitPattern: start) + 1)
}
