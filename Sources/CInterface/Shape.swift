internal import CDeltaNet
internal import DeltaRule

/// The most numbers that a tensor or its strides may span: no process has room for more, and sums of a few such do not
/// overflow.
let mostNumbers = 1 << 45

/// The product, where it is no more than that.
func product(_ factors: [Int]) -> Int? {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow, next <= mostNumbers else { return nil }
    product = next
  }
  return product
}

extension BatchShape {
  init(_ shape: deltanet_shape) throws(CallError) {
    for (name, size, least) in [
      ("batch", shape.batch, 0), ("length", shape.length, 0), ("key_heads", shape.key_heads, 1),
      ("heads", shape.heads, 1), ("key_dimension", shape.key_dimension, 1),
      ("value_dimension", shape.value_dimension, 1), ("sequences", shape.sequences, 0),
    ] where !(Int64(least)...Int64(mostNumbers) ~= size) {
      throw .badArgument("shape.\(name) is \(size)", "give \(least) or more, and less than 2⁴⁵")
    }
    guard shape.heads % shape.key_heads == 0 else {
      throw .badArgument(
        "shape.heads is \(shape.heads)",
        "make it a multiple of the \(shape.key_heads) key heads")
    }
    let (batch, length) = (Int(shape.batch), Int(shape.length))
    let (keyHeads, heads) = (Int(shape.key_heads), Int(shape.heads))
    let (dk, dv) = (Int(shape.key_dimension), Int(shape.value_dimension))
    let sequences = shape.sequences == 0 ? batch : Int(shape.sequences)
    for (tensor, extents) in [
      ("q", [batch, length, keyHeads, dk]), ("v", [batch, length, heads, dv]),
      ("a state", [sequences, heads, dk, dv]),
    ] where product(extents) == nil {
      throw .badArgument(
        "shape makes \(tensor) \(extents)", "give sizes whose product is less than 2⁴⁵")
    }
    let boundaries = try checkedBoundaries(shape)
    do {
      try self.init(
        batch: batch, length: length, keyHeads: keyHeads, heads: heads, keyDimension: dk,
        valueDimension: dv, hasVectorBeta: shape.beta_is_vector != 0, boundaries: boundaries)
    } catch {
      throw .badArgument("shape is none", "\(error)")
    }
  }
}

/// `cu_seqlens`, once they are known to rise from 0 to L.
private func checkedBoundaries(_ shape: deltanet_shape) throws(CallError) -> [Int]? {
  guard shape.sequences > 0 else { return nil }
  guard shape.batch == 1 else {
    throw .badArgument(
      "shape.batch is \(shape.batch)", "packed sequences lie in a batch of 1; or make sequences 0")
  }
  guard let given = shape.cu_seqlens else {
    throw .missing("shape.cu_seqlens", "give sequences + 1 numbers, or make sequences 0")
  }
  try checkAddress(given, "shape.cu_seqlens")
  let boundaries = UnsafeBufferPointer(start: given, count: Int(shape.sequences) + 1)
  guard boundaries[0] == 0 else {
    throw .badArgument("shape.cu_seqlens[0] is \(boundaries[0])", "make it 0")
  }
  for i in 1..<boundaries.count where !(boundaries[i - 1]...shape.length ~= boundaries[i]) {
    throw .badArgument(
      "shape.cu_seqlens[\(i)] is \(boundaries[i])",
      "make it at least the \(boundaries[i - 1]) before it and at most the length \(shape.length)")
  }
  guard boundaries[boundaries.count - 1] == shape.length else {
    throw .badArgument(
      "shape.cu_seqlens[\(shape.sequences)] is \(boundaries[boundaries.count - 1])",
      "make it the length \(shape.length)")
  }
  try checkMemory(bytes: boundaries.count * MemoryLayout<Int>.stride, for: "cu_seqlens")
  return boundaries.map { Int($0) }
}
