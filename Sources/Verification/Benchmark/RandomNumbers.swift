import PropertyTesting

/// Numbers that look random, the same every time.
struct RandomNumbers {
  private var generator = Xoshiro256(seed: 42)

  /// Numbers between 0 and 1.
  mutating func fractions<Number: BinaryFloatingPoint>(_ tensor: UnsafeMutableBufferPointer<Number>)
  {
    for i in tensor.indices { tensor[i] = Number(next()) }
  }

  /// Numbers between −1 and 1.
  mutating func signed<Number: BinaryFloatingPoint>(_ tensor: UnsafeMutableBufferPointer<Number>) {
    for i in tensor.indices { tensor[i] = Number(2 * next() - 1) }
  }

  /// Rows of length 1.
  mutating func units<Number: BinaryFloatingPoint>(
    _ tensor: UnsafeMutableBufferPointer<Number>, width: Int
  ) {
    signed(tensor)
    for row in stride(from: 0, to: tensor.count, by: width) {
      let columns = row..<row + width
      let length = columns.reduce(0) { $0 + tensor[$1] * tensor[$1] }.squareRoot()
      for i in columns { tensor[i] /= length }
    }
  }

  private mutating func next() -> Double { (Double(generator.next() &>> 12) + 0.5) * 0x1p-52 }
}
