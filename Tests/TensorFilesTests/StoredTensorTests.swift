import Testing

@testable import TensorFiles

struct StoredTensorTests {
  @Test func doublesSurviveStorageInF64() {
    let values = [0, -0.0, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.infinity]
    let tensor = StoredTensor(doubles: values, shape: [2, 3], as: .f64)
    #expect(tensor.count == 6)
    #expect(tensor.doubles()?.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(tensor.integers() == nil)
  }

  @Test func integersSurviveStorage() {
    let wide = StoredTensor(integers: [.min, -1, .max], shape: [3], as: .i64)
    #expect(wide.integers() == [.min, -1, .max])
    #expect(wide.doubles() == nil)
    let narrow = StoredTensor(integers: [-0x8000_0000, 0x7fff_ffff], shape: [2], as: .i32)
    #expect(narrow.integers() == [-0x8000_0000, 0x7fff_ffff])
    #expect(narrow.doubles() == [-0x8000_0000, 0x7fff_ffff])
  }

  @Test func bytesAreLittleEndian() {
    #expect(
      StoredTensor(integers: [0x0102_0304], shape: [], as: .i32).bytes.array() == [4, 3, 2, 1])
    #expect(StoredTensor(doubles: [1], shape: [], as: .bf16).bytes.array() == [0x80, 0x3f])
  }

  @Test func unalignedElementsAreRead() throws {
    let aligned = StoredTensor(doubles: [1.5, -2.5], shape: [2], as: .f64)
    let shifted = ByteSlice([0xff] + aligned.bytes.array())
    let bytes = try #require(shifted.slice(at: 1, count: 16))
    let tensor = StoredTensor(elementType: .f64, shape: [2], bytes: bytes)
    #expect(tensor.doubles() == [1.5, -2.5])
  }

  @Test func overflowingShapesHaveNoByteCount() {
    #expect(ElementType.f64.byteCount(shape: [1 << 60]) == nil)
    #expect(ElementType.f16.byteCount(shape: [0, .max, .max]) == nil)
    #expect(ElementType.f16.byteCount(shape: [.max / 2, 0]) == 0)
    #expect(ElementType.i32.byteCount(shape: []) == 4)
  }
}
