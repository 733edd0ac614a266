// Valid UTF-8 as bytes.
extension [UInt8] {
  /// The Unicode scalars of valid UTF-8.
  var characters: [ArraySlice<UInt8>] {
    var characters: [ArraySlice<UInt8>] = []
    var start = 0
    for index in indices where index + 1 == count || self[index + 1] & 0xC0 != 0x80 {
      characters.append(self[start...index])
      start = index + 1
    }
    return characters
  }

  private func scalar(from start: Int) -> Unicode.Scalar? {
    String(decoding: self[start..<Swift.min(start + 4, count)], as: UTF8.self).unicodeScalars.first
  }

  private func scalar(before end: Int) -> (start: Int, scalar: Unicode.Scalar)? {
    guard let start = self[..<end].lastIndex(where: { $0 & 0xC0 != 0x80 }),
      let scalar = scalar(from: start)
    else { return nil }
    return (start, scalar)
  }

  func isSingleWord(_ range: Range<Int>) -> Bool {
    let before = scalar(before: range.lowerBound)?.scalar
    let after = range.upperBound < count ? scalar(from: range.upperBound) : nil
    return !(before?.isWordCharacter ?? false) && !(after?.isWordCharacter ?? false)
  }

  func startOfSpace(before end: Int, from limit: Int) -> Int {
    var start = end
    while start > limit, let last = scalar(before: start), last.scalar.properties.isWhitespace {
      start = last.start
    }
    return start
  }

  func endOfSpace(from start: Int) -> Int {
    var end = start
    while end < count, let scalar = scalar(from: end), scalar.properties.isWhitespace {
      end += UTF8.width(scalar)
    }
    return end
  }
}

extension Unicode.Scalar {
  /// `\w` of UTS #18.
  fileprivate var isWordCharacter: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }
}
