/// A tensor in the number format of its file: element type, shape and bytes.
///
/// A tensor read from a file is a view of the file's mapped memory, which it keeps alive; copying
/// it copies no elements. Such a file must not be truncated or rewritten in place meanwhile.
public struct StoredTensor: Sendable {
  /// The number format of the elements.
  public let elementType: ElementType

  /// The extents, outermost first; elements lie in row-major order. A scalar has no extents.
  public let shape: [Int]

  /// `count` elements, least significant byte first.
  let bytes: ByteSlice

  /// The number of elements, the product of the extents.
  public var count: Int { bytes.count / elementType.byteCount }

  /// The bytes that they take.
  public var byteCount: Int { bytes.count }

  /// - Precondition: `bytes` holds exactly the elements of `shape`.
  init(elementType: ElementType, shape: [Int], bytes: ByteSlice) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && elementType.byteCount(shape: shape) == bytes.count,
      "shape \(shape) of \(elementType.rawValue) does not take \(bytes.count) bytes")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }
}

extension StoredTensor: Equatable {
  /// Whether type, shape and every bit are the same.
  public static func == (a: StoredTensor, b: StoredTensor) -> Bool {
    a.elementType == b.elementType && a.shape == b.shape
      && a.bytes.withSpan { x in
        b.bytes.withSpan { y in
          x.withUnsafeBytes { x in y.withUnsafeBytes { y in x.elementsEqual(y) } }
        }
      }
  }
}

// MARK: - From numbers

extension StoredTensor {
  /// Stores floating-point numbers, each rounded once to the nearest number of the element type.
  ///
  /// Ties go to the even neighbour, overflow goes to infinity, NaN stays NaN.
  ///
  /// - Parameters:
  ///   - values: The elements in row-major order.
  ///   - shape: Non-negative extents whose product is `values.count`.
  ///   - elementType: A floating-point type.
  /// - Complexity: O(`values.count`).
  public init(doubles values: [Double], shape: [Int], as elementType: ElementType) {
    let bytes: [UInt8] =
      switch elementType {
      case .f64: Array(littleEndian: values.map(\.bitPattern))
      case .f32: Array(littleEndian: values.map { Float($0).bitPattern })
      case .f16: Array(littleEndian: values.map { Float16($0).bitPattern })
      case .bf16: Array(littleEndian: values.map(bfloat16Bits(nearestTo:)))
      case .i64, .i32: preconditionFailure("\(elementType.rawValue) holds integers, not doubles")
      }
    self.init(elementType: elementType, shape: shape, bytes: ByteSlice(bytes))
  }

  /// Stores integers.
  ///
  /// - Parameters:
  ///   - values: The elements in row-major order, each within the range of the element type.
  ///   - shape: Non-negative extents whose product is `values.count`.
  ///   - elementType: An integer type.
  /// - Complexity: O(`values.count`).
  public init(integers values: [Int], shape: [Int], as elementType: ElementType) {
    let bytes: [UInt8] =
      switch elementType {
      case .i64: Array(littleEndian: values.map { Int64($0) })
      case .i32: Array(littleEndian: values.map { Int32($0) })
      case .f64, .f32, .f16, .bf16:
        preconditionFailure("\(elementType.rawValue) holds floating-point numbers, not integers")
      }
    self.init(elementType: elementType, shape: shape, bytes: ByteSlice(bytes))
  }
}

// MARK: - To numbers

extension StoredTensor {
  /// Every element exactly as a `Double`, in row-major order; `nil` for I64, whose elements a
  /// `Double` cannot all hold.
  ///
  /// - Complexity: O(`count`).
  public func doubles() -> [Double]? {
    switch elementType {
    case .f64: elements { Double(bitPattern: $0) }
    case .f32: elements { Double(Float(bitPattern: $0)) }
    case .f16: elements { Double(Float16(bitPattern: $0)) }
    case .bf16: elements { Double(float(bfloat16Bits: $0)) }
    case .i64: nil
    case .i32: elements { Double(Int32(bitPattern: $0)) }
    }
  }

  /// Every element of an integer tensor, in row-major order; `nil` for floating-point types.
  ///
  /// - Complexity: O(`count`).
  public func integers() -> [Int]? {
    switch elementType {
    case .i64: elements { Int(Int64(bitPattern: $0)) }
    case .i32: elements { Int(Int32(bitPattern: $0)) }
    case .f64, .f32, .f16, .bf16: nil
    }
  }

  private func elements<Bits: FixedWidthInteger & BitwiseCopyable, Element>(
    _ element: (Bits) -> Element
  ) -> [Element] {
    bytes.withSpan { span in
      (0..<count).map { element(span.integer(at: $0 * elementType.byteCount)) }
    }
  }
}
