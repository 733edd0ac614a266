import Glibc

extension Double {
  /// With so many digits after the point: `0.25`.
  package func fixed(_ digits: Int) -> String { printed("%.*f", digits) }

  /// With so many digits after the first, and a power of ten: `2.5e-01`.
  package func scientific(_ digits: Int) -> String { printed("%.*e", digits) }

  /// - Parameter format: takes the number of digits, and the number.
  private func printed(_ format: String, _ digits: Int) -> String {
    // A sign, the digits of the largest number, the point and what follows it.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + digits) { text in
      _ = withVaList([CInt(digits), self]) {
        vsnprintf(text.baseAddress, text.count, format, $0)
      }
      return text.baseAddress.map { String(cString: $0) } ?? ""
    }
  }
}
