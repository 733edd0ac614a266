/// Finds what there is to delete in a text.
///
/// | what | becomes |
/// |---|---|
/// | a statement that waits for other threads, or for copies | nothing |
/// | an operand of `&&`, a condition of `if` or `?:`, a comparison | true |
/// | the condition of a loop that is not unrolled | true once more |
/// | the rows, or the columns, of a `FILL` that are not zeros | all of them |
/// | a look-up in a table of sequences or chunks | 0 |
/// | how many value heads a key head has | 1 |
///
/// Operators are known by the blanks to their sides.
struct KernelScanner {
  private let file: KernelFile
  /// The text with blanks for comments, for what the preprocessor is told but for definitions, and for assertions.
  private let code: [UInt8]

  init(_ file: KernelFile) {
    self.file = file
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let isBlank =
        line.hasPrefix("#") && !line.hasPrefix("#define")
        || line.drop { $0 == " " }.hasPrefix("static_assert")
      let kept = isBlank ? "" : line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
      return kept + String(repeating: " ", count: line.utf8.count - kept.utf8.count)
    }
    code = Array(lines.joined(separator: "\n").utf8)
  }

  /// In the order of the text.
  var mutants: [Mutant] {
    let all =
      barriers + Set(conditions).compactMap(opened) + fills + lookUps
      + places(of: "heads / key_heads").map { mutant($0, "1") }
    return all.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
  }

  private var barriers: [Mutant] {
    let waits = [
      "BARRIER(", "WARP_BARRIER(", "ARRIVE(", "AWAIT(", "meet(", "copy_async_commit(",
      "copy_async_wait(",
    ]
    return waits.flatMap(places).filter { isWhole($0) && !follows("void ", $0.lowerBound) }.map {
      call in
      mutant(call.lowerBound..<code[call.upperBound...].firstIndex(of: UInt8(ascii: ";"))! + 1, "")
    }
  }

  private var conditions: [Range<Int>] {
    let comparisons = ["<", "<=", ">", ">=", "==", "!="].flatMap { places(of: " \($0) ") }
    let operators = [" && ", " || "].flatMap(places)
    let befores = (comparisons + operators + places(of: " ? ")).map { term(at: $0.lowerBound) }
    let behinds = (operators + places(of: "if (")).map { term(at: $0.upperBound) }
    return befores + behinds
  }

  /// Nil for loops that are unrolled, which are over registers, and for those without a step, which might not end.
  private func opened(_ condition: Range<Int>) -> Mutant? {
    let words = file.words(condition)
    guard let before = code[..<condition.lowerBound].last(where: { !$0.isBlank }),
      before == UInt8(ascii: ";"), code[condition.upperBound] == before
    else { return mutant(condition, words.hasPrefix("!") ? "0" : "1") }
    let loop = places(of: "for (").last { $0.upperBound < condition.lowerBound }!
    let step = file.words(condition.upperBound + 1..<end(of: condition.upperBound + 1))
    guard !follows("UNROLL ", loop.lowerBound), !step.isEmpty else { return nil }
    let size = step.firstRange(of: "= ").map { step[$0.upperBound...] } ?? "1"
    let sign = ["<= ", "< ", ">= "].first(where: words.contains)!
    let more = sign == ">= " ? "-\(size) + " : "\(size) + "
    let bound = words.firstRange(of: sign)!.upperBound
    return mutant(condition, words[..<bound] + more + words[bound...])
  }

  private var fills: [Mutant] {
    places(of: "FILL(").filter { isWhole($0) && !follows("#define ", $0.lowerBound) }
      .flatMap { call in
        let arguments = arguments(from: call.upperBound)
        return [(4, 2), (5, 3)].map { (arguments[$0], file.words(arguments[$1])) }
          .filter { file.words($0) != $1 }.map { mutant($0, $1) }
      }
  }

  private var lookUps: [Mutant] {
    KernelFile.tables.flatMap { places(of: "\($0)[") }.filter(isWhole)
      .map { mutant($0.lowerBound..<arguments(from: $0.upperBound)[0].upperBound + 1, "0") }
  }

  private func mutant(_ bytes: Range<Int>, _ replacement: some StringProtocol) -> Mutant {
    Mutant(file: file, bytes: bytes, replacement: String(replacement))
  }

  // MARK: Places

  private func places(of words: String) -> [Range<Int>] {
    let words = Array(words.utf8)
    return code.indices.dropLast(words.count - 1).map { $0..<$0 + words.count }
      .filter { code[$0].elementsEqual(words) }
  }

  private func follows(_ words: String, _ place: Int) -> Bool {
    code[..<place].suffix(words.utf8.count).elementsEqual(words.utf8)
  }

  /// Whether words are not the end of a longer name.
  private func isWhole(_ words: Range<Int>) -> Bool {
    guard let before = code[..<words.lowerBound].last else { return true }
    return before != UInt8(ascii: "_") && !Character(Unicode.Scalar(before)).isLetter
  }

  /// The arguments of a call, from behind its opening bracket on.
  private func arguments(from first: Int) -> [Range<Int>] {
    var arguments = [trimmed(first..<end(of: first))]
    while code[end(of: arguments[arguments.count - 1].upperBound)] == UInt8(ascii: ",") {
      let next = end(of: arguments[arguments.count - 1].upperBound) + 1
      arguments.append(trimmed(next..<end(of: next)))
    }
    return arguments
  }

  /// The operand that a place is in, or beside.
  private func term(at place: Int) -> Range<Int> {
    trimmed(start(of: place)..<end(of: place))
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    let inside = range.filter { !code[$0].isBlank }
    return inside[0]..<inside[inside.count - 1] + 1
  }

  private func start(of place: Int) -> Int {
    var (start, depth) = (place, 0)
    while start > 0 {
      let byte = code[start - 1]
      if byte.isClosing { depth += 1 }
      if byte.isOpening { depth -= 1 }
      if depth < 0
        || (depth == 0
          && (byte.isEnd || follows("&&", start) || follows("return", start)
            || follows(" = ", start + 1)))
      {
        break
      }
      start -= 1
    }
    return start
  }

  private func end(of place: Int) -> Int {
    var (end, depth) = (place, 0)
    while end < code.count {
      let byte = code[end]
      if byte.isOpening { depth += 1 }
      if byte.isClosing { depth -= 1 }
      if depth < 0 || (depth == 0 && (byte.isEnd || follows("&&", end + 2))) { break }
      end += 1
    }
    return end
  }
}

extension UInt8 {
  fileprivate var isOpening: Bool { self == UInt8(ascii: "(") || self == UInt8(ascii: "[") }
  fileprivate var isClosing: Bool { self == UInt8(ascii: ")") || self == UInt8(ascii: "]") }
  fileprivate var isEnd: Bool { ";{},?:".utf8.contains(self) }
  fileprivate var isBlank: Bool { " \n\\".utf8.contains(self) }
}
