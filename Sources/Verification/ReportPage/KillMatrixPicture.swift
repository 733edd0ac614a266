import PropertyTesting

/// Faults, a column each, by the laws that catch them, as a drawing.
struct KillMatrixPicture {
  let matrix: KillMatrix

  /// What faults are about, with the first of each.
  private static let families: [(name: String, first: Fault)] = [
    ("what a head reads", .headsTiled), ("scale", .scaleMissing),
    ("A, (I + A)⁻¹", .overlapsWithDiagonal), ("T, W, U, X", .transformBetaOfRow),
    ("outputs", .maskWithoutDiagonal), ("state", .stateReplaced),
    ("dS between chunks", .dhtIgnored), ("dq, dk", .dqWithoutState),
    ("gradients through T", .dkWithoutW), ("normalisation, range", .normMissing),
  ]

  /// The darker, the fewer cases it took: at most so many.
  private static let shades: [(cases: Int, colour: String)] = [
    (1, "#08306b"), (3, "#2171b5"), (10, "#4fa3cf"), (30, "#7fcdbb"), (100, "#c7e9b4"),
    (Int.max, "#f4e76e"),
  ]

  /// The laws that speak about kernels, in the order of the catalogue.
  static var laws: [Law] { Law.all.filter { $0.instance(for: Candidate(making: nil)) != nil } }

  var svg: String {
    let (width, height, left, top, gap) = (7, 13, 92, 112, 6)
    let laws = Self.laws
    var x = left
    var columns: [(x: Int, row: KillMatrix.Row)] = []
    var labels: [String] = []
    for row in matrix.rows {
      if let family = Self.families.first(where: { $0.first == row.fault }) {
        if !columns.isEmpty { x += gap }
        labels.append(
          "<text transform=\"translate(\(x + 8) \(top - 8)) rotate(-38)\">\(family.name)</text>")
      }
      columns.append((x, row))
      x += width
    }
    let (right, bottom) = (x, top + height * laws.count)
    let numbers = Dictionary(uniqueKeysWithValues: laws.enumerated().map { ($1.id, $0) })
    var squares = Self.shades.map { _ in "" }
    for (x, row) in columns {
      for kill in row.kills {
        guard let line = numbers[kill.law],
          let shade = Self.shades.firstIndex(where: { kill.cases <= $0.cases })
        else { continue }
        squares[shade] += "M\(x) \(top + line * height)h6v12h-6z"
      }
    }
    let paths = zip(Self.shades, squares).map { "<path fill=\"\($0.colour)\" d=\"\($1)\"/>" }
    let ground = columns.map { x, _ in "M\(x) \(top)h6v\(bottom - top - 1)h-6z" }.joined()
    let names = laws.enumerated().map { line, law in
      let y = top + line * height + 10
      let count = matrix.rows.count { $0.kills.contains { $0.law == law.id } }
      return "<text x=\"\(left - 8)\" y=\"\(y)\" text-anchor=\"end\">\(law.id)</text>"
        + "<text x=\"\(right + 30)\" y=\"\(y)\" text-anchor=\"end\">\(count)</text>"
    }
    let legend = Self.shades.enumerated().map { n, shade in
      let x = left + 170 + 74 * n
      let label = n == Self.shades.count - 1 ? "more" : "≤ \(shade.cases)"
      return
        "<rect x=\"\(x)\" y=\"\(bottom + 14)\" width=\"12\" height=\"12\" fill=\"\(shade.colour)\"/>"
        + "<text x=\"\(x + 18)\" y=\"\(bottom + 24)\">\(label)</text>"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(right + 60) \(bottom + 36)" \
      width="\(right + 60)" height="\(bottom + 36)" \
      font-family="Arial, sans-serif" font-size="11" fill="#333333">
      <title>Faults by the laws that catch them</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(labels.joined(separator: "\n"))
      <path fill="#eeeeee" d="\(ground)"/>
      \(paths.joined(separator: "\n"))
      \(names.joined(separator: "\n"))
      <text x="\(left)" y="\(bottom + 24)">cases until it is caught:</text>
      \(legend.joined(separator: "\n"))
      </svg>

      """
  }
}
