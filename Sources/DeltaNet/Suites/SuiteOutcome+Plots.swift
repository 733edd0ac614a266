package import Reporting

extension SuiteOutcome {
  /// Scripts for gnuplot, by the names of the pictures that they draw: for each table the accuracies, and how they were reached in
  /// its last column with the first seed; and the accuracy against the size of the state, where a table's columns are sizes of a
  /// model.
  package func plots(_ format: PlotFormat) -> [(name: String, script: String)] {
    tables.flatMap { table in
      let series = table.rows.map { row in
        (
          row,
          table.columns.enumerated().compactMap { x, column in
            table.cell(row, column).map {
              Point(x: Double(x), y: $0.accuracy.mean, error: $0.accuracy.halfWidth)
            }
          }
        )
      }
      let ticks = table.columns.enumerated().map { "'\($1)' \($0)" }.joined(separator: ", ")
      var plots = [
        (
          name: "\(table.name)-accuracy",
          script: script(
            format, table.name, xLabel: "", series,
            setting: "set xtics (\(ticks))\nset xrange [-0.3:\(table.columns.count - 1).3]")
        )
      ]
      let curves = table.outcomes.filter { $0.experiment.column == table.columns.last }.map {
        ($0.experiment.row, $0.runs[0].map { Point(x: Double($0.step), y: 100 * $0.accuracy) })
      }
      plots.append(
        (
          name: "\(table.name)-learning",
          script: script(
            format, "\(table.name), \(table.columns.last ?? "")", xLabel: "step", curves,
            setting: "")
        ))
      let states = table.rows.compactMap { row -> (String, [Point])? in
        let points = table.columns.compactMap { column -> Point? in
          guard let cell = table.cell(row, column), let size = cell.experiment.stateSize else {
            return nil
          }
          return Point(x: Double(size), y: cell.accuracy.mean, error: cell.accuracy.halfWidth)
        }
        return Set(points.map(\.x)).count > 1 ? (row, points) : nil
      }
      if !states.isEmpty {
        plots.append(
          (
            name: "\(table.name)-state",
            script: script(
              format, table.name, xLabel: "numbers of the state, all layers", states,
              setting: "set logscale x 2")
          ))
      }
      return plots
    }
  }

  private struct Point {
    let x: Double
    let y: Double
    var error = 0.0
  }

  private func script(
    _ format: PlotFormat, _ title: String, xLabel: String, _ series: [(String, [Point])],
    setting: String
  ) -> String {
    let blocks = series.enumerated().map { index, series in
      "$data\(index) << END\n"
        + series.1.map { "\($0.x) \($0.y) \($0.error.isFinite ? $0.error : 0)\n" }.joined() + "END"
    }
    let lines = series.enumerated().map { index, series in
      "$data\(index) with yerrorlines pointtype \(index + 4) title '\(series.0)'"
    }
    return """
      \(format.terminal(width: 840, height: 480))
      \(blocks.joined(separator: "\n"))
      set title '\(title)'
      set xlabel '\(xLabel)'
      set ylabel 'accuracy, %'
      set yrange [0:105]
      set key outside right
      set grid
      \(setting)
      plot \(lines.joined(separator: ", \\\n  "))

      """
  }
}
