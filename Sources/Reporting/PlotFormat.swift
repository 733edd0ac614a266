/// What kind of picture a plot is.
package enum PlotFormat: String, CaseIterable, Sendable {
  case svg
  case png

  /// The one that a file's name ends in; nil where that is another.
  package init?(path: String) {
    guard let format = Self.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") }) else {
      return nil
    }
    self = format
  }

  /// The first line of a script that draws such a picture.
  package func terminal(width: Int, height: Int) -> String {
    let name = self == .svg ? "svg" : "pngcairo"
    return "set terminal \(name) noenhanced size \(width),\(height) background '#ffffff'"
  }
}
