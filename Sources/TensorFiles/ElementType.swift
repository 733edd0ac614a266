/// The number format of a tensor's elements; the raw value is the dtype name of safetensors.
public enum ElementType: String, CaseIterable, Sendable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"

  /// The size of one element in bytes: 2, 4 or 8.
  public var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16: 2
    }
  }

  /// Whether elements are two's-complement integers rather than floating-point numbers.
  public var isInteger: Bool {
    switch self {
    case .i64, .i32: true
    case .f64, .f32, .f16, .bf16: false
    }
  }
}

extension ElementType {
  /// The size in bytes of a tensor with non-negative extents `shape`, or `nil` beyond `Int.max`.
  ///
  /// Extents of zero are left out of the overflow check, so that every partial product of an
  /// accepted shape fits in `Int` whatever the order of its factors.
  func byteCount(shape: [Int]) -> Int? {
    var product = byteCount
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}
