import TensorFiles

/// Why a `tokenizer.json` could not be read, and how to mend it; `description` is one line.
public struct TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path as the caller gave it.
  public let file: String

  /// The part of the file at fault, such as `model.merges[3]`; empty for the file as a whole.
  public let part: String

  /// What is wrong with it.
  public let problem: String

  /// What to do about it.
  public let remedy: String

  init(
    file: String, part: String = "", problem: String,
    remedy: String = "the file is damaged, fetch it again"
  ) {
    self.file = file
    self.part = part
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String {
    ([file] + (part.isEmpty ? [] : [part]) + ["\(problem); \(remedy)"]).joined(separator: ": ")
  }
}
