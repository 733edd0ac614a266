internal import CDeltaNet
internal import DeltaRuleCPU

/// A tensor [B, L, H, D] that a caller described, once it is known to be one.
struct TensorArgument<Number: KernelNumber> {
  let pointer: TensorPointer<Number>
  let region: Region

  /// - Parameter shape: [B, L, H, D], or [B, L, H] with D = 1; no more than ``mostNumbers``, and D ≥ 1.
  init(
    _ name: String, _ start: UnsafePointer<Number>?, _ strides: deltanet_strides, _ shape: [Int],
    isWritten: Bool = false
  ) throws(CallError) {
    let width = shape.count == 4 ? shape[3] : 1
    let count = shape.reduce(1, *)
    guard count > 0 else {
      (pointer, region) = (.none, Region(name: name, bytes: 0..<0))
      return
    }
    guard let start else { throw .missing(name, "give its \(count) numbers") }
    try checkAddress(start, name)

    let axes = try Axes(name, strides, shape, width: width)
    guard let span = axes.span(width) else {
      throw .badArgument(
        "\(name)_strides lead \(name) beyond 2⁴⁵ numbers", "give the strides in numbers, not bytes")
    }
    let nested = axes.nest(width)
    guard nested || !isWritten else {
      throw .badArgument(
        "\(name)_strides (\(strides.batch), \(strides.token), \(strides.head)) let rows overlap",
        "let every stride step over all that lies within it")
    }
    pointer = TensorPointer(
      UnsafeMutablePointer(mutating: start), batchStride: axes.strides[0],
      tokenStride: axes.strides[1], headStride: axes.strides[2])
    _ = try Region(name, start, count: span)
    region = try Region(name, start, count: nested && span == count ? count : width)
  }
}

/// The first three axes of a tensor; the stride of one with a single element is that of a tensor without gaps.
private struct Axes {
  let extents: ArraySlice<Int>
  var strides: [Int]

  init(
    _ name: String, _ given: deltanet_strides, _ shape: [Int], width: Int
  ) throws(CallError) {
    extents = shape[..<3]
    strides = [shape[1] * shape[2] * width, shape[2] * width, width]
    let isContiguous = given.batch == 0 && given.token == 0 && given.head == 0
    for (axis, (label, stride)) in [
      ("batch", given.batch), ("token", given.token), ("head", given.head),
    ].enumerated() where extents[axis] > 1 && !isContiguous {
      guard stride >= 0 else {
        throw .badArgument("\(name)_strides.\(label) is \(stride)", "give 0 or more")
      }
      strides[axis] = Int(stride)
    }
    guard extents[1] == 1 || width...Int(Int32.max) ~= strides[1] else {
      throw .badArgument(
        "\(name)_strides.token is \(strides[1])",
        "give at least the \(width) numbers of a row, and less than 2³¹")
    }
  }

  /// The numbers from the first to the last; nil where they are more than ``mostNumbers``.
  func span(_ width: Int) -> Int? {
    var span = width
    for (extent, stride) in zip(extents, strides) {
      guard let steps = product([extent - 1, stride]), span + steps <= mostNumbers else {
        return nil
      }
      span += steps
    }
    return span
  }

  /// Whether each axis, from the smallest stride to the largest, steps over all that lies in those before it.
  func nest(_ width: Int) -> Bool {
    var within = width
    for (extent, stride) in zip(extents, strides).sorted(by: { $0.1 < $1.1 }) where extent > 1 {
      guard stride >= within else { return false }
      within += (extent - 1) * stride
    }
    return true
  }
}
