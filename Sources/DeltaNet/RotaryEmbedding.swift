import DeltaRuleCPU
import Glibc

/// Turns each pair (x_i, x_{i + d/2}) of a head by t · base^(−2i/d), t being the token's position.
struct RotaryEmbedding: Sendable {
  /// d, even.
  let width: Int
  let base: Double

  /// - Parameters:
  ///   - x: heads side by side.
  ///   - first: the position of each sequence's first token.
  ///   - backwards: to turn the other way, as cotangents are.
  func rotated<Number: KernelNumber>(
    _ x: Activations<Number>, sequences: Int, first: Int, backwards: Bool = false
  ) -> Activations<Number> {
    let (length, half) = (x.rows / sequences, width / 2)
    var result = x
    result.elements.withUnsafeMutableBufferPointer { y in
      for t in 0..<length {
        let angles = (0..<half).map { i in
          Double(first + t) * pow(base, -2 * Double(i) / Double(width))
        }
        let cosines = angles.map { Number(cos($0)) }
        let sines = angles.map { Number(backwards ? -sin($0) : sin($0)) }
        for n in 0..<sequences {
          for start in stride(from: 0, to: x.columns, by: width) {
            let at = (n * length + t) * x.columns + start
            for i in 0..<half {
              let (a, b) = (y[at + i], y[at + i + half])
              y[at + i] = a * cosines[i] - b * sines[i]
              y[at + i + half] = b * cosines[i] + a * sines[i]
            }
          }
        }
      }
    }
    return result
  }
}
