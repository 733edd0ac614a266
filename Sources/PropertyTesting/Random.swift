/// The mixing function of SplitMix64: a bijection of 64-bit words that passes for random.
///
/// Seeds are derived with it and with ``stableHash(_:)`` alone, so that a seed means the same on every
/// machine and with every toolchain.
public func mix(_ word: UInt64) -> UInt64 {
  var z = word &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z &>> 31)
}

/// The 64-bit FNV-1a hash of a name; the standard library's `Hasher` differs from run to run.
public func stableHash(_ name: String) -> UInt64 {
  name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}

/// The generator xoshiro256** of Blackman and Vigna, seeded through ``mix(_:)`` as they ask.
public struct Xoshiro256: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64) {
    let a = mix(seed)
    let b = mix(a)
    let c = mix(b)
    state = (a, b, c, mix(c))
  }

  public mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, by k: UInt64) -> UInt64 { (x &<< k) | (x &>> (64 - k)) }
    let result = rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return result
  }

  /// A number in `0...bound`, each equally likely (Lemire's method).
  ///
  /// Not the standard library's `random(in:using:)`, which may change with the toolchain.
  public mutating func next(through bound: UInt64) -> UInt64 {
    guard bound < .max else { return next() }
    let range = bound + 1
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return product.high
  }
}
