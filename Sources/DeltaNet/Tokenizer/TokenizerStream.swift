extension Tokenizer {
  /// Decodes tokens as they come: the texts it returns, one after another, are the text of all of them.
  ///
  /// A character that is spelled by several tokens is held back until it is whole. Where their bytes are no UTF-8,
  /// what ``Tokenizer/decode(_:skippingSpecialTokens:)`` says of them may differ, since it sees more of them at once.
  public struct Stream: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool

    /// The tokens, already returned, on which the text of the next depends.
    private var context: [Int] = []
    private var pending: [Int] = []

    public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
      self.tokenizer = tokenizer
      skipsSpecialTokens = skippingSpecialTokens
    }

    /// The text that is certain with this token.
    public mutating func next(_ id: Int) -> String {
      pending.append(id)
      let text = pendingText
      return text.unicodeScalars.last == "\u{FFFD}" ? "" : accept(text)
    }

    /// The text of the tokens that are still held back, which has a U+FFFD in place of what is missing.
    public mutating func finish() -> String { accept(pendingText) }

    private func text(_ ids: [Int]) -> String {
      tokenizer.decode(ids, skippingSpecialTokens: skipsSpecialTokens)
    }

    private var pendingText: String {
      let known = text(context).utf8
      let all = text(context + pending).utf8
      // A byte that is no UTF-8 may spoil those before it.
      guard all.starts(with: known) else { return text(pending) }
      return String(decoding: all.dropFirst(known.count), as: UTF8.self)
    }

    private mutating func accept(_ text: String) -> String {
      // Tokens without a text, such as special ones, do not say what precedes the next.
      if self.text(pending).isEmpty {
        context += pending
      } else {
        context = pending
      }
      pending = []
      return text
    }
  }
}
