import CDeltaNet
import PropertyTesting
import Testing

/// Sizes, strides and pointers that mostly make no sense.
private struct Nonsense {
  static let numbers = 2048
  /// None between what there is memory for and what nobody has.
  private static let sizes: [Int64] = [
    .min, -1, 0, 1 << 45, 1 << 46, 1 << 62, .max - 1, .max,
  ]

  var random: Xoshiro256
  let memory = UnsafeMutablePointer<Double>.allocate(capacity: 14 * numbers)
  let boundaries = UnsafeMutablePointer<Int64>.allocate(capacity: 8)

  init(seed: UInt64) {
    random = Xoshiro256(seed: seed)
    memory.initialize(repeating: 0.5, count: 14 * Self.numbers)
    boundaries.initialize(repeating: 0, count: 8)
  }

  mutating func isOne(in count: UInt64) -> Bool { random.next(through: count - 1) == 0 }

  mutating func size() -> Int64 {
    isOne(in: 12)
      ? Self.sizes[Int(random.next(through: UInt64(Self.sizes.count - 1)))]
      : Int64(random.next(through: 4)) + (isOne(in: 12) ? 0 : 1)
  }

  mutating func strides() -> deltanet_strides {
    guard isOne(in: 3) else { return deltanet_strides() }
    func stride(_ random: inout Xoshiro256) -> Int64 {
      Int64(random.next(through: 40)) + (random.next(through: 2) == 0 ? 0 : 4)
    }
    return deltanet_strides(
      batch: isOne(in: 12) ? size() : stride(&random),
      token: isOne(in: 12) ? size() : stride(&random),
      head: isOne(in: 12) ? size() : stride(&random))
  }

  mutating func shape() -> deltanet_shape {
    var shape = deltanet_shape(
      batch: size(), length: size(), key_heads: 1, heads: size(), key_dimension: size(),
      value_dimension: size(), beta_is_vector: Int32(random.next(through: 2)),
      sequences: 0, cu_seqlens: nil)
    if isOne(in: 20) {
      // No token, and states that nobody has.
      (shape.batch, shape.length, shape.heads) = (1, 0, 1)
      (shape.key_dimension, shape.value_dimension) = isOne(in: 2) ? (1, 1 << 45) : (1 << 45, 1)
    }
    if isOne(in: 4) { shape.key_heads = size() }
    if isOne(in: 3) {
      if !isOne(in: 4) { shape.batch = 1 }
      shape.sequences = size()
      let last = min(max(shape.length, 0), 5)
      for i in 1..<8 {
        boundaries[i] = isOne(in: 12) ? size() : i < shape.sequences ? min(Int64(i), last) : last
      }
      // No more than there are.
      if shape.sequences < 8, !isOne(in: 12) { shape.cu_seqlens = UnsafePointer(boundaries) }
    }
    return shape
  }

  /// Pointer `index`, to enough memory for what is accepted; or null, or where nothing is.
  mutating func pointer(
    _ index: Int, _ extents: [Int64], _ strides: deltanet_strides = deltanet_strides(), width: Int64
  ) -> UnsafeMutablePointer<Double>? {
    if isOne(in: 40) { return nil }
    if isOne(in: 40) { return UnsafeMutablePointer(bitPattern: UInt.max - 20) }
    let start = memory + index * Self.numbers
    let isEmpty = extents.contains { $0 <= 0 }
    let rest = Double(extents[2]) * Double(width)
    let steps = zip(
      extents,
      strides.batch == 0 && strides.token == 0 && strides.head == 0
        ? [rest * Double(extents[1]), rest, Double(width)]
        : [Double(strides.batch), Double(strides.token), Double(strides.head)])
    let span = steps.reduce(Double(width)) { $0 + max(0, Double($1.0) - 1) * max(0, $1.1) }
    return isEmpty || span <= Double(Self.numbers) ? start : nil
  }

  /// - Parameter isStep: whether most of it is what a decoding step takes.
  mutating func arguments(isStep: Bool = false) -> Arguments<Double> {
    var x = Arguments<Double>()
    x.shape = shape()
    if isStep, !isOne(in: 4) { (x.shape.length, x.shape.sequences) = (1, 0) }
    let scales: [Double] = [1, 0, -2, 1e300, .nan, .infinity, 0.25, 0.5]
    x.options = deltanet_options(
      scale: scales[Int(random.next(through: 7))],
      use_qk_l2norm: Int32(random.next(through: 2)),
      threads: isOne(in: 20) ? -1 : isOne(in: 20) ? .max : Int32(random.next(through: 1)) + 1)
    let (s, dk, dv) = (x.shape, x.shape.key_dimension, x.shape.value_dimension)
    let (keys, values) = ([s.batch, s.length, s.key_heads], [s.batch, s.length, s.heads])
    let states = [s.sequences == 0 ? s.batch : s.sequences, s.heads, dk]
    let beta = s.beta_is_vector == 0 ? 1 : dv
    (x.qStrides, x.kStrides, x.vStrides) = (strides(), strides(), strides())
    (x.betaStrides, x.oStrides, x.dOStrides) = (strides(), strides(), strides())
    (x.dqStrides, x.dkStrides, x.dvStrides) = (strides(), strides(), strides())
    x.dbetaStrides = strides()
    x.q = pointer(0, keys, x.qStrides, width: dk)
    x.k = pointer(1, keys, x.kStrides, width: dk)
    x.v = pointer(2, values, x.vStrides, width: dv)
    x.beta = pointer(3, values, x.betaStrides, width: beta)
    x.initialState = isStep && !isOne(in: 4) ? nil : pointer(4, states, width: dv)
    x.o = pointer(5, values, x.oStrides, width: dv)
    x.finalState = pointer(isOne(in: 6) ? 4 : 6, states, width: dv)
    x.dO = pointer(7, values, x.dOStrides, width: dv)
    x.dht = pointer(8, states, width: dv)
    x.dq = pointer(9, keys, x.dqStrides, width: dk)
    x.dk = pointer(10, keys, x.dkStrides, width: dk)
    x.dv = pointer(11, values, x.dvStrides, width: dv)
    x.dbeta = pointer(12, values, x.dbetaStrides, width: beta)
    x.dh0 = pointer(13, states, width: dv)
    return x
  }

  func deallocate() {
    memory.deallocate()
    boundaries.deallocate()
  }
}

@Suite("The C interface survives nonsense")
struct FuzzTests {
  @Test
  func returns() {
    var nonsense = Nonsense(seed: 11)
    defer { nonsense.deallocate() }
    var counts = [0, 0, 0, 0, 0]
    for _ in 0..<3000 {
      let arguments = nonsense.arguments()
      counts[Int(Double.forward(arguments).rawValue)] += 1
      counts[Int(Double.backward(arguments).rawValue)] += 1
      let step = nonsense.arguments(isStep: true)
      counts[Int(Double.decodeStep(step).rawValue)] += 1
    }
    let (accepted, bad, outOfMemory) = (counts[0], counts[2], counts[4])
    #expect(accepted > 500 && bad > 500 && outOfMemory > 50, "\(counts)")
    #expect(accepted + bad + outOfMemory == 9000)
  }
}
