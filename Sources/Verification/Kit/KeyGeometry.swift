/// How the keys of a case lie to one another.
enum KeyGeometry: String, Sendable {
  case independent
  case identical
  case alternating
  /// A thousandth apart.
  case nearlyParallel = "nearly parallel"
  case orthonormal
  /// Every other one.
  case someZero = "some zero"

  /// Keys that lie so, from independent ones of unit length.
  ///
  /// - Parameters:
  ///   - rows: token after token.
  ///   - width: how many numbers a token has.
  ///   - dimension: how many numbers a key has.
  func keys(from rows: [Double], width: Int, dimension: Int) -> [Double] {
    var keys = rows
    for i in rows.indices {
      let (token, first) = (i / width, rows[i % width])
      switch self {
      case .independent: break
      case .identical: keys[i] = first
      case .alternating: keys[i] = token.isMultiple(of: 2) ? first : -first
      case .nearlyParallel: keys[i] = first + 0x1p-10 * (token == 0 ? 0 : rows[i])
      case .orthonormal: keys[i] = i % dimension == token % dimension ? 1 : 0
      case .someZero: keys[i] = token.isMultiple(of: 2) ? rows[i] : 0
      }
    }
    guard self == .nearlyParallel else { return keys }
    for start in stride(from: 0, to: keys.count, by: dimension) {
      let key = start..<start + dimension
      let length = keys[key].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for i in key { keys[i] /= length }
    }
    return keys
  }
}
