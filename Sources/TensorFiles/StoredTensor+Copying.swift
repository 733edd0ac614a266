extension StoredTensor {
  /// Some rows: a view of the same memory.
  ///
  /// - Precondition: the tensor has an axis, and the rows are along it.
  package func rows(_ range: Range<Int>) -> StoredTensor {
    precondition(!shape.isEmpty && 0...shape[0] ~= range.upperBound, "rows \(range) of \(shape)")
    let rowBytes = shape.dropFirst().reduce(elementType.byteCount, *)
    guard let slice = bytes.slice(at: range.lowerBound * rowBytes, count: range.count * rowBytes)
    else { preconditionFailure("rows lie inside") }
    return StoredTensor(
      elementType: elementType, shape: [range.count] + shape.dropFirst(), bytes: slice)
  }

  /// Reads all bytes, and does next to nothing with them.
  package func touch() -> UInt64 {
    bytes.withSpan { span in
      span.withUnsafeBytes { all in
        var sums = SIMD8<UInt64>(repeating: 0)
        for offset in stride(from: 0, through: all.count - 64, by: 64) {
          sums ^= all.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        }
        return sums.wrappedSum()
      }
    }
  }

  /// Some elements, in row-major order, each rounded once where it has to be.
  ///
  /// - Parameter target: has place for them; whatever is there is written over.
  /// - Precondition: the elements are there, and are floating-point numbers.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  package func copy<Number: BinaryFloatingPoint>(
    _ range: Range<Int>, to target: UnsafeMutablePointer<Number>
  ) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of \(count)")
    bytes.withSpan { span in
      span.withUnsafeBytes { all in
        guard let start = all.baseAddress.map({ $0 + range.lowerBound * elementType.byteCount })
        else { return }
        func convert<Bits: FixedWidthInteger & BitwiseCopyable>(_ number: (Bits) -> Number) {
          for i in 0..<range.count {
            let bits = start.loadUnaligned(
              fromByteOffset: i * MemoryLayout<Bits>.size, as: Bits.self)
            (target + i).initialize(to: number(Bits(littleEndian: bits)))
          }
        }
        if elementType == .bf16, let target = target as? UnsafeMutablePointer<Float> {
          return widen(bfloat16s: start, range.count, to: target)
        }
        switch elementType {
        case .f64: convert { Number(Double(bitPattern: $0)) }
        case .f32: convert { Number(Float(bitPattern: $0)) }
        case .f16: convert { Number(Float16(bitPattern: $0)) }
        case .bf16: convert { Number(float(bfloat16Bits: $0)) }
        case .i64, .i32: preconditionFailure("\(elementType.rawValue) holds integers")
        }
      }
    }
  }
}

/// Sixteen numbers at a time: models are read like this whenever they compute a token.
private func widen(
  bfloat16s bits: UnsafeRawPointer, _ count: Int, to target: UnsafeMutablePointer<Float>
) {
  let whole = count - count % 16
  for i in stride(from: 0, to: whole, by: 16) {
    let bits = bits.loadUnaligned(fromByteOffset: 2 * i, as: SIMD16<UInt16>.self)
    UnsafeMutableRawPointer(target + i).storeBytes(
      of: SIMD16<UInt32>(truncatingIfNeeded: bits) &<< 16, as: SIMD16<UInt32>.self)
  }
  for i in whole..<count {
    (target + i).initialize(
      to: float(bfloat16Bits: bits.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
  }
}
