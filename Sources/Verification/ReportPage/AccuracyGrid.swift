import Algebra
internal import Reporting

/// The accuracy of kernels, a row each, in several settings: a table, or the lines of a plot.
struct AccuracyGrid: Sendable {
  struct Column: Sendable {
    let label: String
    /// Where it stands in a plot.
    var x = 0.0
  }

  /// What its picture is called; nil for a table.
  var picture: String?
  let title: String
  /// What columns differ in.
  let axis: String
  var isLogarithmic = false
  let columns: [Column]
  /// What is measured, row after row.
  let cells: [[(kernel: RoundedKernel, setting: AccuracySetting)]]
  /// What was found, once it was measured; nil where it would take too long.
  var bits: [[Double?]] = []

  /// Kernels in settings that differ in one thing.
  init<Value>(
    _ title: String, picture: String? = nil, _ axis: String, isLogarithmic: Bool = false,
    _ kernels: [RoundedKernel], _ base: AccuracySetting = AccuracySetting(),
    changing change: WritableKeyPath<AccuracySetting, Value>,
    through values: [(Column, Value)]
  ) {
    self.picture = picture
    self.title = title
    self.axis = axis
    self.isLogarithmic = isLogarithmic
    columns = values.map(\.0)
    cells = kernels.map { kernel in
      values.map { _, value in
        var setting = base
        setting[keyPath: change] = value
        return (kernel, setting)
      }
    }
  }

  /// The formulations in one setting, with numbers of several types.
  init(_ title: String, _ setting: AccuracySetting, byNumbers kernels: [[RoundedKernel]]) {
    self.title = title
    axis = "numbers"
    columns = kernels.map { Column(label: $0[0].format.name) }
    cells = kernels[0].indices.map { row in kernels.map { ($0[row], setting) } }
  }

  var plot: LinePlot {
    let most = cells.joined().map(\.kernel.format.significandBits).max() ?? 0
    let least = bits.joined().compactMap(\.self).min() ?? 0
    return LinePlot(
      title: title, xLabel: axis, yLabel: "bits that are right",
      xScale: isLogarithmic ? .logarithmic(base: 2) : .linear(step: 0.5),
      yRange: max(0, least.rounded(.down) - 1)...Double(most + 1),
      series: zip(cells, bits).enumerated().map { n, row in
        LinePlot.Series(
          name: row.0[0].kernel.name,
          points: zip(columns, row.1).compactMap { column, bits in bits.map { (column.x, $0) } },
          look: n)
      })
  }

  /// Numbers on colours, the darker the more of the format's bits are right.
  var table: HTML {
    let rows = zip(cells, bits).map { cells, bits -> HTML in
      let found = zip(cells, bits).map { cell, bits -> HTML in
        guard let bits else { return "<td></td>" }
        let share = min(1, bits / Double(cell.kernel.format.significandBits))
        return "<td class=\"level\(Int((share * 5).rounded()))\">\(bits.fixed(1))</td>"
      }
      return "<tr><th scope=\"row\">\(cells[0].kernel.name)</th>\(found)</tr>"
    }
    return .scrolling(
      title,
      """
      <table class="heat">
      <caption><span>\(title)</span></caption>
      <thead><tr><th scope="col">\(axis)</th>\(columns.map { column -> HTML in
        "<th scope=\"col\">\(column.label)</th>"
      })</tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """)
  }
}
