import Glibc
import PropertyTesting

extension Xoshiro256 {
  /// From 0 to below `count`, each equally likely.
  ///
  /// - Precondition: `count` is above 0.
  mutating func index(below count: Int) -> Int { Int(next(through: UInt64(count) - 1)) }

  mutating func index(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + index(below: range.count)
  }

  mutating func element<Element>(of elements: [Element]) -> Element {
    elements[index(below: elements.count)]
  }

  /// Above 0, up to 1.
  mutating func unit() -> Double { Double((next() >> 11) + 1) / 0x1p53 }

  /// `count` of the numbers below `bound`, all different, in random order.
  ///
  /// - Complexity: O(count).
  mutating func distinct(_ count: Int, below bound: Int) -> [Int] {
    // Fisher and Yates, on an array of which only what was moved is kept.
    var moved: [Int: Int] = [:]
    return (0..<count).map { i in
      let j = index(in: i...bound - 1)
      defer { moved[j] = moved[i] ?? i }
      return moved[j] ?? j
    }
  }

  /// `count` different indices of positive weights: each next one is drawn with the weights of those that are left.
  ///
  /// - Source: Efraimidis and Spirakis, *Weighted random sampling with a reservoir*.
  mutating func distinct(_ count: Int, weights: [Double]) -> [Int] {
    let times = weights.map { -log(unit()) / $0 }
    return Array(times.indices.sorted { times[$0] < times[$1] }.prefix(count))
  }
}

/// Where a number below `count` comes in a random order of all of them, which a seed stands for.
///
/// Four rounds of Feistel's on as few bits as hold them, again while the number is too large.
func permuted(_ number: Int, below count: Int, seed: UInt64) -> Int {
  let half = UInt64((Int.bitWidth - (count - 1).leadingZeroBitCount + 1) / 2)
  let mask = (1 << half) - 1 as UInt64
  var x = UInt64(number)
  repeat {
    var (left, right) = (x >> half, x & mask)
    for round in 0..<4 as Range<UInt64> {
      (left, right) = (right, left ^ mix(mix(seed &+ round) ^ right) & mask)
    }
    x = left << half | right
  } while x >= count
  return Int(x)
}
