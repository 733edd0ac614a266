import Glibc

/// A line on standard error that shows how far a run is; nothing where that is not a terminal.
package struct ProgressBar {
  private let isVisible = isatty(STDERR_FILENO) == 1

  package init() {}

  /// - Parameter note: what to say beside the bar.
  package func show(_ done: Int, of total: Int, _ note: String = "") {
    guard isVisible else { return }
    let width = 40
    let full = total == 0 ? width : width * done / total
    let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
    write("\r\(bar) \(done)/\(total)\(note.isEmpty ? "" : "  ")\(note)\u{1B}[K", to: STDERR_FILENO)
  }

  /// Takes the line away.
  package func clear() {
    if isVisible { write("\r\u{1B}[K", to: STDERR_FILENO) }
  }
}
