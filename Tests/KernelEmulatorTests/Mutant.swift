/// A text with one barrier deleted, or with one mask that lets everything pass.
struct Mutant: Sendable, CustomStringConvertible {
  let file: KernelFile
  /// The bytes that go, and what takes their place.
  let bytes: Range<Int>
  let replacement: String

  var isBarrier: Bool { replacement.isEmpty }

  /// What goes.
  var words: String { file.words(bytes) }

  /// The line that it is in.
  var line: String { file.line(of: bytes.lowerBound) }

  var description: String {
    "\(file.name), line \(file.lineNumber(of: bytes.lowerBound)): "
      + (isBarrier ? "without `\(words)`" : "`\(replacement)` instead of `\(words)`")
  }

  /// A kernel's complete text, with what is in it of this file changed.
  func edit(_ whole: String) -> String {
    guard let place = whole.firstRange(of: file.text) else { return whole }
    let rest = file.words(bytes.upperBound..<file.text.utf8.count)
    var edited = whole
    edited.replaceSubrange(place, with: file.words(0..<bytes.lowerBound) + replacement + rest)
    return edited
  }
}
