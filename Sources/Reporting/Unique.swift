extension Array where Element: Equatable {
  /// The elements without later repetitions.
  package var unique: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
