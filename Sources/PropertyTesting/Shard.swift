/// One of so many parts of the cases of a search, as equal as can be: `2/4` is the second of four.
public struct Shard: RawRepresentable, Equatable, Sendable, Codable {
  /// From 1 to ``count``.
  public let number: Int
  public let count: Int

  /// All there is.
  public static let whole = Shard(1, of: 1)

  /// - Precondition: 1 ≤ `number` ≤ `count`.
  public init(_ number: Int, of count: Int) {
    precondition(1 <= number && number <= count, "there is no part \(number) of \(count)")
    self.number = number
    self.count = count
  }

  /// What a text such as `2/4` names; nil where it names none.
  public init?(rawValue: String) {
    let numbers = rawValue.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1],
      1 <= number, number <= count
    else { return nil }
    self.init(number, of: count)
  }

  public var rawValue: String { "\(number)/\(count)" }

  /// Which of `total` cases are its own: the parts follow each other, and the first ones may have one more.
  public func cases(of total: Int) -> Range<Int> {
    func end(_ parts: Int) -> Int { parts * (total / count) + min(parts, total % count) }
    return end(number - 1)..<end(number)
  }
}
