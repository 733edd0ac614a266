import Algebra
import DeltaRule
internal import Reporting

/// What formulations cost, counted operation by operation, beside what they document.
struct MeasuredCosts: Sendable {
  struct Row: Sendable {
    let name: String
    let cost: Cost
    /// For each of the lengths.
    let multiplications: [Int]
    let depths: [Int]

    fileprivate func agrees(_ n: Int) -> Bool {
      let shape = MeasuredCosts.shape(MeasuredCosts.lengths[n])
      return shape.value(of: cost.multiplications) == Rational(multiplications[n])
        && shape.value(of: cost.depth) == Rational(depths[n])
    }
  }

  static let lengths = [16, 32, 64, 128]

  let rows: [Row]

  static func shape(_ length: Int) -> CostShape {
    CostShape(length: length, chunkLength: 16, keyDimension: 16, valueDimension: 16)
  }

  static func measured(
    jobs: Int, progress: (_ done: Int, _ total: Int) -> Void
  ) async throws -> MeasuredCosts {
    let forms = Array(zip(Formulations.counting, Formulations.timing))
    let rows = await concurrently(forms, jobs: jobs, progress: progress) { counting, timing in
      Result {
        Row(
          name: counting.name, cost: counting.cost,
          multiplications: try lengths.map { try counting.counts(for: shape($0)).multiplications },
          depths: try lengths.map { try timing.depth(for: shape($0)) })
      }
    }
    return MeasuredCosts(rows: try rows.map { try $0.get() })
  }

  /// Whether all that was counted is as documented.
  var agree: Bool { rows.allSatisfy { row in Self.lengths.indices.allSatisfy { row.agrees($0) } } }

  /// A line a formulation, for the longest sequence that was counted.
  var table: TextTable {
    var table = TextTable([
      ("formulation", .left), ("multiplications", .right), ("documented", .right),
      ("depth", .right), ("documented", .right), ("", .left),
      ("multiplications, as documented", .left), ("depth, as documented", .left),
    ])
    let last = Self.lengths.count - 1
    let shape = Self.shape(Self.lengths[last])
    for row in rows {
      let work = shape.value(of: row.cost.multiplications).double
      let depth = shape.value(of: row.cost.depth).double
      table.append([
        row.name, row.multiplications[last].grouped, Int(work).grouped, row.depths[last].grouped,
        Int(depth).grouped, row.agrees(last) ? "equal" : "DIFFERENT",
        "\(row.cost.multiplications)", "\(row.cost.depth)",
      ])
    }
    return table
  }

  /// Lines for the formulas, and marks for what was counted.
  var plots: [(name: String, plot: LinePlot)] {
    [
      (
        "cost-multiplications",
        plot("Multiplications of one head over L", "multiplications", \.multiplications) {
          $0.multiplications
        }
      ),
      ("cost-depth", plot("Critical path over L", "operations", \.depths) { $0.depth }),
    ]
  }

  private func plot(
    _ title: String, _ label: String, _ counted: (Row) -> [Int], _ formula: (Cost) -> Cost.Count
  ) -> LinePlot {
    let documented = (4...12).map { 1 << $0 }
    return LinePlot(
      title: title, xLabel: "L", yLabel: label, xScale: .logarithmic(base: 2),
      yScale: .logarithmic(base: 10),
      series: rows.enumerated().flatMap { n, row in
        [
          LinePlot.Series(
            name: row.name,
            points: documented.map {
              (Double($0), Self.shape($0).value(of: formula(row.cost)).double)
            }, style: .line, look: n),
          LinePlot.Series(
            name: "",
            points: zip(Self.lengths, counted(row)).map { (Double($0), Double($1)) },
            style: .points, look: n),
        ]
      })
  }
}

extension Rational {
  /// The nearest `Double` or its neighbour, of numbers that fit one.
  var double: Double { Double(numerator) / Double(denominator) }
}
