import DeltaRuleCPU
import Glibc

/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − η (m̂ / (√v̂ + ε) + λ w), the hats correcting for the start at 0.
///
/// Matrices decay; biases, norms' factors and convolutions do not.
///
/// - Source: *Decoupled Weight Decay Regularization*, algorithm 2.
public struct AdamW: Equatable, Sendable {
  public struct Settings: Equatable, Sendable, Encodable {
    /// β₁ and β₂.
    public var firstDecay = 0.9
    public var secondDecay = 0.999
    public var epsilon = 1e-8
    /// λ.
    public var weightDecay = 0.01
    /// Gradients longer than this are shortened to it.
    public var longestGradient = 1.0

    public init() {}
  }

  let settings: Settings
  /// Updates until now.
  private(set) var step: Int
  private(set) var first: [Float]
  private(set) var second: [Float]

  /// Before the first update.
  init(_ settings: Settings, parameterCount: Int) {
    self.settings = settings
    step = 0
    first = Array(repeating: 0, count: parameterCount)
    second = first
  }

  /// After `step` updates that left these moments.
  init(_ settings: Settings, step: Int, first: [Float], second: [Float]) {
    (self.settings, self.step, self.first, self.second) = (settings, step, first, second)
  }

  /// One update.
  ///
  /// - Parameter gradients: they are added up, in their order, whatever the number of threads.
  /// - Returns: the length of their sum.
  mutating func update(
    _ numbers: inout [Float], of model: LanguageModel, with gradients: [ParameterGradient<Float>],
    rate: Double, threads: Int
  ) -> Double {
    step += 1
    let chunks = blocks(of: numbers.count, 1 << 14)
    var gradient = [Float](repeating: 0, count: numbers.count)
    var squares = [Double](repeating: 0, count: chunks.count)
    gradient.withUnsafeMutableBufferPointer { sum in
      squares.withUnsafeMutableBufferPointer { squares in
        nonisolated(unsafe) let (sum, squares) = (sum, squares)
        onThreads(threads, chunks.count) { _, c in
          for part in gradients {
            part.numbers.withUnsafeBufferPointer { part in
              for i in chunks[c] { sum[i] += part[i] }
            }
          }
          squares[c] = chunks[c].reduce(0) { $0 + Double(sum[$1]) * Double(sum[$1]) }
        }
      }
    }
    let length = squares.reduce(0, +).squareRoot()
    let shortening = Float(min(1, settings.longestGradient / max(length, .leastNormalMagnitude)))

    let (b1, b2) = (Float(settings.firstDecay), Float(settings.secondDecay))
    let epsilon = Float(settings.epsilon)
    // η m̂ / (√v̂ + ε)
    let firstFactor = Float(rate / (1 - pow(settings.firstDecay, Double(step))))
    let secondFactor = Float(1 / (1 - pow(settings.secondDecay, Double(step))))
    let decay = Float(rate * settings.weightDecay)
    let pieces = model.parameters.flatMap { parameter in
      blocks(of: parameter.count, 1 << 14).map { block in
        (
          range: parameter.offset + block.lowerBound..<parameter.offset + block.upperBound,
          decay: parameter.decays ? decay : 0
        )
      }
    }
    numbers.withUnsafeMutableBufferPointer { w in
      first.withUnsafeMutableBufferPointer { m in
        second.withUnsafeMutableBufferPointer { v in
          gradient.withUnsafeBufferPointer { g in
            nonisolated(unsafe) let (w, m, v, g) = (w, m, v, g)
            onThreads(threads, pieces.count) { _, piece in
              let (range, decay) = pieces[piece]
              for i in range {
                let slope = shortening * g[i]
                m[i] = b1 * m[i] + (1 - b1) * slope
                v[i] = b2 * v[i] + (1 - b2) * slope * slope
                w[i] -=
                  firstFactor * m[i] / ((secondFactor * v[i]).squareRoot() + epsilon) + decay * w[i]
              }
            }
          }
        }
      }
    }
    return length
  }
}

extension Parameter {
  /// Whether weight decay pulls it towards 0: a matrix.
  var decays: Bool { shape.count == 2 }
}
