internal import Reporting

/// A title and a line for each item that has one; nothing where none has.
func section<Item>(_ title: String, _ items: [Item], _ line: (Item) -> String?) -> String {
  let lines = items.compactMap(line).map { "  \($0)" }
  return lines.isEmpty ? "" : ([title] + lines).joined(separator: "\n")
}

/// `1 core`, `2 cores`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)" + (count == 1 ? "" : "s")
}

func decimal(_ value: Double?) -> String {
  value.map { $0.fixed($0 < 1 ? 2 : 1) } ?? ""
}

/// With three digits or more.
func threeDigits(_ value: Double) -> String {
  value.fixed(value < 1 ? 3 : value < 10 ? 2 : 1)
}

/// Why something is too large.
func excess(_ needed: Double, over limit: Double) -> String {
  "takes \(gibibytes(needed)), more than the \(gibibytes(limit)) allowed"
}

private func gibibytes(_ bytes: Double) -> String { "\((bytes * 0x1p-30).fixed(1)) GiB" }
