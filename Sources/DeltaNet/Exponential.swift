import Algebra
import DeltaRuleCPU
import Glibc

/// eˣ: for `Float` within 2 units in the last place, 0 where it would be subnormal and ∞ above 88.37; loops over it are compiled to
/// vectors.
@inline(__always)
func exponential<Number: KernelNumber>(_ x: Number) -> Number {
  if let x = x as? Float {
    // 2ⁿ eʳ for |r| ≤ ln 2 / 2: adding 3 · 2²² leaves n in the last bits.
    let shift: Float = 12_582_912
    let shifted = min(max(x, -88), 88.5) * 1.442_695_04 + shift
    let n = shifted - shift
    let r = x - n * 0.693_359_375 + n * 2.121_944_4e-4
    let tail =
      ((((1.987_569_15e-4 * r + 1.398_199_95e-3) * r + 8.333_451_9e-3) * r + 4.166_579_6e-2) * r
        + 1.666_666_55e-1) * r + 5.000_000_1e-1
    let power = Float(bitPattern: (shifted.bitPattern &+ 127) &<< 23)
    let value = ((tail * r) * r + r + 1) * power
    return (x < -87.3 ? 0 : x > 88.37 ? .infinity : value) as! Number
  }
  return Number(exp(x.double))
}

/// 1 / (1 + e⁻ˣ).
@inline(__always)
func sigmoid<Number: KernelNumber>(_ x: Number) -> Number { 1 / (1 + exponential(-x)) }

extension UnsafeBufferPointer where Element: KernelNumber {
  /// ln Σ eˣ.
  func logSumExp() -> Element {
    let largest = self.max() ?? 0
    // Sums side by side, so that they fit vectors.
    var sums = (0..<8).map { _ in Element.zero }
    for (i, x) in enumerated() { sums[i % 8] += exponential(x - largest) }
    return largest + Element(log(sums.reduce(0, +).double))
  }
}
