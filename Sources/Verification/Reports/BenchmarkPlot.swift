import DeltaRuleCPU
package import Reporting

extension Benchmark.Outcome {
  /// A script for gnuplot that draws ns a token and head against L, with a line for each form and a panel for each
  /// pass, type of numbers and shape of heads.
  ///
  /// Panels of one length are left out where there are others; decoding steps have no length.
  ///
  /// - Returns: nil where there is nothing to draw.
  package func plot(_ format: PlotFormat) -> String? {
    let all = BenchmarkSeries.all(in: measurements).filter { $0.setting.pass != .decode }
    let panels = all.map(\.setting).unique.map { setting in
      all.filter { $0.setting == setting }
    }
    let rising = panels.filter { $0.contains { $0.points.count > 1 } }
    let shown = rising.isEmpty ? panels : rising
    guard !shown.isEmpty else { return nil }
    let columns = Int(Double(shown.count).squareRoot().rounded(.up))
    let rows = (shown.count + columns - 1) / columns
    return """
      \(format.terminal(width: 560 * columns, height: 420 * rows))
      set multiplot layout \(rows),\(columns)
      set logscale x 2
      set logscale y
      set xlabel 'L'
      set ylabel 'ns a token and head'
      set key top left
      set grid
      set offsets graph 0.05, graph 0.05, graph 0.3, graph 0.05
      \(shown.enumerated().map { panel($1, number: $0) }.joined(separator: "\n"))
      unset multiplot

      """
  }

  private func panel(_ series: [BenchmarkSeries], number: Int) -> String {
    let blocks = series.enumerated().map { i, series in
      (["$data\(number)_\(i) << END"] + series.points.map { "\($0.length) \($0.nanoseconds)" }
        + ["END"]).joined(separator: "\n")
    }
    let lines = series.enumerated().map { i, series in
      "$data\(number)_\(i) with linespoints title '\(series.form.name)'"
    }
    let title = series.first.map { "\($0.setting)" } ?? ""
    return """
      \(blocks.joined(separator: "\n"))
      set title '\(title)'
      plot \(lines.joined(separator: ", \\\n  "))
      """
  }
}
