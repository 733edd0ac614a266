/// A case by its choices, as one word that can be passed on: `EQ/chunkwise:2.1.0.1f`.
///
/// The part after the colon is the choices in hexadecimal. A replay needs neither the seed nor the
/// number of cases of the run that found it.
public struct Replay: Sendable, Equatable, Codable {
  public let property: String
  public let choices: [UInt64]

  public init(property: String, choices: [UInt64]) {
    self.property = property
    self.choices = choices
  }

  /// The replay that `text` describes, or nil where it describes none.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...].split(
      separator: ".", omittingEmptySubsequences: true)
    let choices = digits.compactMap { UInt64($0, radix: 16) }
    guard choices.count == digits.count, colon > text.startIndex else { return nil }
    self.init(property: String(text[..<colon]), choices: choices)
  }

  /// The replays in a regression file: one a line, `#` before a comment.
  ///
  /// - Throws: ``UnreadableReplay`` for a line that is neither.
  public static func regressions(in text: String) throws(UnreadableReplay) -> [Replay] {
    var replays: [Replay] = []
    for line in text.split(whereSeparator: \.isNewline) {
      guard let word = line.split(separator: " ").first, !word.hasPrefix("#") else { continue }
      guard let replay = Replay(word) else { throw UnreadableReplay(text: String(word)) }
      replays.append(replay)
    }
    return replays
  }
}

extension Replay: CustomStringConvertible {
  public var description: String {
    // Choices that are not recorded are 0: the last ones need not be written.
    let significant = choices.prefix((choices.lastIndex { $0 != 0 } ?? -1) + 1)
    return property + ":" + significant.map { String($0, radix: 16) }.joined(separator: ".")
  }
}

public struct UnreadableReplay: Error, CustomStringConvertible {
  public let text: String

  public init(text: String) { self.text = text }

  public var description: String {
    "'\(text.prefix(80))' is no replay; it must look like EQ/chunkwise:2.1.0.1f"
  }
}
