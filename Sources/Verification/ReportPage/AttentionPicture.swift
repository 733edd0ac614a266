import Algebra
import DeltaRule
import PropertyTesting
internal import Reporting

/// Attention matrices of a sequence that writes to one key again and again, as a drawing.
struct AttentionPicture: Sendable {
  static let length = 48
  /// The tokens that write to the key which all queries ask for.
  static let writes = Array(stride(from: 3, to: length, by: 8))
  /// From here on β is 1/2 instead of 1.
  static let weaker = 24

  let problem: Problem<Double>

  init(seed: UInt64) throws {
    let d = 16
    var random = Xoshiro256(seed: mix(seed ^ stableHash("attention")))
    func unit() -> [Double] {
      let row = Matrix(1, d) { _, _ in Double(random.next() >> 11) * 0x1p-52 - 1 }
      return row.entries.map { $0 / norm(row) }
    }
    let asked = unit()
    let others = (0..<5).map { _ in unit() }
    let keys = (0..<Self.length).map { t in
      let other = others[Int(random.next(through: UInt64(others.count - 1)))]
      return Self.writes.contains(t) ? asked : other
    }
    problem = try Problem(
      q: Matrix(Self.length, d) { asked[$1] }, k: Matrix(Self.length, d) { keys[$0][$1] },
      v: .identity(Self.length),
      beta: Matrix(Self.length, 1) { t, _ in t < Self.weaker ? 1 : 0.5 }, scale: 1,
      initialState: .zero(d, Self.length))
  }

  /// What every output takes from every value, by the delta rule and by linear attention.
  var drawings: [(name: String, title: String, svg: String)] {
    let columns = Matrix(rows: 1, columns: Self.length, entries: problem.beta.entries)
    let scores = (problem.q * problem.k.transposed).lowerTriangle
    let linear = Matrix(Self.length, Self.length) { scores[$0, $1] * columns[0, $1] }
    return [
      ("attention-delta-rule", "Delta rule: 𝒜 = tril(Q Kᵀ) T", attentionMatrix(problem)),
      ("attention-linear", "Linear attention: tril(Q Kᵀ) diag(β)", linear),
    ].map { ($0, $1, drawing($1, $2)) }
  }

  /// How many shades there are on either side of zero.
  private static let shades = 10

  /// Blue below zero, orange above.
  private static func colour(_ shade: Int) -> String {
    let end = shade < 0 ? [0x00, 0x5a, 0x9e] : [0xc2, 0x4a, 0x00]
    let share = Double(abs(shade)) / Double(shades)
    let parts = end.map { part in
      let value = 250 + Int((Double(part - 250) * share).rounded())
      return String(value + 256, radix: 16).suffix(2)
    }
    return "#" + parts.joined()
  }

  private func drawing(_ title: String, _ matrix: Matrix<Double>) -> String {
    let (size, left, top) = (8, 52, 44)
    let side = size * Self.length
    // One path for each shade.
    var squares: [Int: String] = [:]
    for i in 0..<Self.length {
      for j in 0...i {
        let value = min(1, max(-1, matrix[i, j]))
        let shade = Int((value * Double(Self.shades)).rounded())
        squares[shade, default: ""] += "M\(left + j * size) \(top + i * size)h8v8h-8z"
      }
    }
    let paths = squares.sorted { $0.key < $1.key }.map {
      "<path fill=\"\(Self.colour($0.key))\" d=\"\($0.value)\"/>"
    }
    let marks = Self.writes.map { t in
      let x = left + t * size + size / 2
      return "<path fill=\"#333333\" d=\"M\(x) \(top - 2)l-4 -7h8z\"/>"
    }
    let ticks = stride(from: 0, to: Self.length, by: 8).map { t in
      "<text x=\"\(left - 6)\" y=\"\(top + t * size + 8)\" text-anchor=\"end\">\(t)</text>"
        + "<text x=\"\(left + t * size + 4)\" y=\"\(top + side + 16)\" text-anchor=\"middle\">\(t)</text>"
    }
    let legend = (-Self.shades...Self.shades).map { shade in
      let x = left + side / 2 + (shade * 2 - 1) * 6
      return
        "<rect x=\"\(x)\" y=\"\(top + side + 44)\" width=\"12\" height=\"10\" fill=\"\(Self.colour(shade))\"/>"
    }
    let (middle, bottom) = (left + side / 2, top + side)
    let half = left + Self.weaker * size
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(left + side + 16) \(bottom + 76)" \
      width="\(left + side + 16)" height="\(bottom + 76)" \
      font-family="Arial, sans-serif" font-size="12" fill="#333333">
      <title>\(title)</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="\(middle)" y="20" text-anchor="middle" font-size="14">\(title)</text>
      \(paths.joined(separator: "\n"))
      <path fill="none" stroke="#666666" d="M\(left) \(top)V\(bottom)H\(left + side)"/>
      <path fill="none" stroke="#666666" stroke-dasharray="3 3" \
      d="M\(half) \(top + Self.weaker * size)V\(bottom)"/>
      \(marks.joined(separator: "\n"))
      \(ticks.joined(separator: "\n"))
      <text x="\(middle)" y="\(bottom + 34)" text-anchor="middle">value j, written at token j</text>
      <text transform="translate(16 \(top + side / 2)) rotate(-90)" text-anchor="middle">output i</text>
      \(legend.joined(separator: "\n"))
      <text x="\(middle - 126)" y="\(bottom + 68)" text-anchor="middle">−1</text>
      <text x="\(middle)" y="\(bottom + 68)" text-anchor="middle">0</text>
      <text x="\(middle + 126)" y="\(bottom + 68)" text-anchor="middle">1</text>
      </svg>

      """
  }
}
