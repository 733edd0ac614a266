import Testing

@testable import TensorFiles

struct RoundingTests {
  @Test(arguments: [ElementType.f16, .bf16])
  func everyBitPatternSurvives(type: ElementType) throws {
    let patterns = Array(UInt16.min...UInt16.max)
    let values = try #require(tensor(of: patterns, type).doubles())
    let restored = bits(of: values, type)
    for (index, value) in values.enumerated() {
      if value.isNaN {
        #expect(tensor(of: [restored[index]], type).doubles()?[0].isNaN == true)
      } else if restored[index] != patterns[index] {
        Issue.record("\(type) \(patterns[index]) became \(restored[index])")
      }
    }
  }

  @Test(arguments: [(ElementType.f16, 0x7c00 as UInt16), (.bf16, 0x7f80)])
  func valuesBetweenNeighboursRoundToNearestEven(type: ElementType, infinity: UInt16) throws {
    let lower = Array(0..<infinity)
    var values = try #require(tensor(of: lower, type).doubles())
    // What would come after the greatest number is where the range of rounding to it ends.
    values.append(2 * values[Int(infinity) - 1] - values[Int(infinity) - 2])
    let midpoints = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    let even = lower.map { $0 + $0 % 2 }
    #expect(bits(of: midpoints, type) == even)
    #expect(bits(of: midpoints.map { -$0 }, type) == even.map { $0 | 0x8000 })
    #expect(bits(of: midpoints.map(\.nextDown), type) == lower)
    #expect(bits(of: midpoints.map(\.nextUp), type) == lower.map { $0 + 1 })
  }

  @Test func f32RoundsToNearestEven() {
    let step = Double(Float.ulpOfOne)
    let values = [1 + step / 2, 1 + step * 3 / 2, (1 + step / 2).nextUp, 1e300, -1e300]
    let tensor = StoredTensor(doubles: values, shape: [5], as: .f32)
    #expect(tensor.doubles() == [1, 1 + 2 * step, 1 + step, .infinity, -.infinity])
  }

  @Test(arguments: [ElementType.f64, .f32, .f16, .bf16])
  func nonFiniteValuesStayWhatTheyAre(type: ElementType) throws {
    let values = [.infinity, -.infinity, .nan, Double(nan: 1, signaling: false)]
    let restored = try #require(StoredTensor(doubles: values, shape: [4], as: type).doubles())
    #expect(restored[0] == .infinity)
    #expect(restored[1] == -.infinity)
    #expect(restored[2].isNaN)
    #expect(restored[3].isNaN)
  }

  @Test(arguments: [ElementType.f32, .f16, .bf16])
  func overflowGoesToInfinityAndUnderflowToSignedZero(type: ElementType) throws {
    let greatest = Double.greatestFiniteMagnitude
    let least = Double.leastNonzeroMagnitude
    let values = [greatest, -greatest, least, -least]
    let restored = try #require(StoredTensor(doubles: values, shape: [4], as: type).doubles())
    #expect(restored == [.infinity, -.infinity, 0, 0])
    #expect(restored.map(\.sign) == [.plus, .minus, .plus, .minus])
  }

  private func tensor(of patterns: [UInt16], _ type: ElementType) -> StoredTensor {
    StoredTensor(
      elementType: type, shape: [patterns.count],
      bytes: ByteSlice([UInt8](littleEndian: patterns)))
  }

  private func bits(of values: [Double], _ type: ElementType) -> [UInt16] {
    let tensor = StoredTensor(doubles: values, shape: [values.count], as: type)
    return (0..<values.count).map { tensor.bytes.integer(at: 2 * $0) }
  }
}
