internal import Reporting

/// Lines over a common axis, as gnuplot draws them.
struct LinePlot {
  struct Series {
    enum Style { case line, points, both }

    let name: String
    let points: [(x: Double, y: Double)]
    var style = Style.both
    /// Which colour and mark it has.
    var look: Int
  }

  enum Scale {
    /// With a mark at every so much, where said.
    case linear(step: Double? = nil)
    case logarithmic(base: Int)
  }

  let title: String
  let xLabel: String
  let yLabel: String
  var xScale = Scale.linear()
  var yScale = Scale.linear()
  var yRange: ClosedRange<Double>?
  let series: [Series]

  /// Told apart by those who see few colours, too (Okabe and Ito).
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#000000"]

  /// The script that draws it.
  var script: String {
    let blocks = series.enumerated().map { n, series in
      "$data\(n) << END\n" + series.points.map { "\($0.x) \($0.y)\n" }.joined() + "END"
    }
    let lines = series.enumerated().map { n, series in
      let round = series.look / Self.colours.count
      let line = "linewidth 1.6 dashtype \(1 + round)"
      let mark = "pointtype \([7, 9, 5][round % 3]) pointsize 0.55"
      let style =
        switch series.style {
        case .line: "lines \(line)"
        case .points: "points \(mark)"
        case .both: "linespoints \(line) \(mark)"
        }
      let title = series.name.isEmpty ? "notitle" : "title \(quoted(series.name))"
      return
        "$data\(n) with \(style) linecolor rgb '\(Self.colours[series.look % Self.colours.count])' \(title)"
    }
    return """
      \(PlotFormat.svg.terminal(width: 480, height: 400 + 17 * (series.count(where: { !$0.name.isEmpty }) / 2)))
      set encoding utf8
      set termoption font ',13'
      set termoption enhanced
      set title \(quoted(title)) noenhanced
      set xlabel \(quoted(xLabel)) offset 0,0.4 noenhanced
      set ylabel \(quoted(yLabel)) noenhanced
      set key below Left reverse noenhanced font ',12'
      set grid linecolor rgb '#dddddd'
      set border 3 linecolor rgb '#666666'
      set tics nomirror textcolor rgb '#333333'
      \(setting("x", xScale))
      \(setting("y", yScale))
      \(yRange.map { "set yrange [\($0.lowerBound):\($0.upperBound)]" } ?? "")
      \(blocks.joined(separator: "\n"))
      plot \(lines.joined(separator: ", \\\n  "))

      """
  }

  /// A text that gnuplot takes as it is.
  private func quoted(_ text: String) -> String {
    let line = text.filter { !$0.isNewline }
    return "'"
      + line.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  private func setting(_ axis: String, _ scale: Scale) -> String {
    switch scale {
    case .linear(let step): step.map { "set \(axis)tics \($0)" } ?? ""
    case .logarithmic(let base):
      "set logscale \(axis) \(base)\nset m\(axis)tics 1"
        + (base == 10 ? "\nset format \(axis) '10^{%T}'" : "")
    }
  }
}
