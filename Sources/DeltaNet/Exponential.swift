import Algebra
import DeltaRuleCPU
import Glibc

/// eˣ: for `Float` as ``floatExponential(_:)`` has it.
@inline(__always)
func exponential<Number: KernelNumber>(_ x: Number) -> Number {
  if let x = x as? Float, let value = floatExponential(x) as? Number { return value }
  return Number(exp(x.double))
}

/// eˣ within 2 units in the last place, 0 where it would be subnormal and ∞ above 88.37; loops over it are compiled to vectors.
@inline(__always)
private func floatExponential(_ x: Float) -> Float {
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
  return x < -87.3 ? 0 : x > 88.37 ? .infinity : value
}

/// 1 / (1 + e⁻ˣ).
@inline(__always)
func sigmoid<Number: KernelNumber>(_ x: Number) -> Number { 1 / (1 + exponential(-x)) }

extension UnsafeBufferPointer where Element: KernelNumber {
  /// All elements combined in eight lanes, so that they fit vectors, and then the lanes.
  @inline(__always)
  func combined(from initial: Element, _ combine: (Element, Element) -> Element) -> Element {
    var lanes = InlineArray<8, Element>(repeating: initial)
    let whole = count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      for lane in 0..<8 { lanes[lane] = combine(lanes[lane], self[start + lane]) }
    }
    for i in whole..<count { lanes[i - whole] = combine(lanes[i - whole], self[i]) }
    return lanes.indices.reduce(initial) { combine($0, lanes[$1]) }
  }
}
