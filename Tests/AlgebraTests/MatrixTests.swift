import Algebra
import Testing

@Suite("Matrices")
struct MatrixTests {
  private let a = Matrix(2, 3) { PrimeField(3 * $0 + $1 + 1) }

  @Test
  func products() {
    #expect("\(a * a.transposed)" == "[[14, 32], [32, 77]]")
    #expect(a * .identity(3) == a)
    #expect("\(PrimeField(2) * a[row: 1])" == "[8, 10, 12]")
    #expect(Matrix<PrimeField>.zero(2, 0) * .zero(0, 3) == .zero(2, 3))
  }

  @Test
  func triangles() {
    let square = Matrix(3, 3) { PrimeField(3 * $0 + $1 + 1) }
    #expect("\(square.lowerTriangle)" == "[[1, 0, 0], [4, 5, 0], [7, 8, 9]]")
    #expect("\(square.strictLowerTriangle)" == "[[0, 0, 0], [4, 0, 0], [7, 8, 0]]")
  }

  @Test
  func broadcasting() {
    let column = Matrix(rows: 2, columns: 1, entries: [PrimeField(10 as Int), PrimeField(-1)])
    #expect("\(column .* a)" == "[[10, 20, 30], [-4, -5, -6]]")
    #expect("\(a .* a)" == "[[1, 4, 9], [16, 25, 36]]")
  }

  @Test
  func rows() {
    var copy = a
    copy[row: 0] = a[row: 1]
    #expect("\(copy)" == "[[4, 5, 6], [4, 5, 6]]")
    #expect(a[rows: 0..<1].stacked(on: a[rows: 1..<2]) == a)
    #expect("\(a[column: 1])" == "[[2], [5]]")
    #expect(a[rows: 1..<1].rows == 0)
  }
}
