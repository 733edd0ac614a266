import Glibc
import PropertyTesting

/// Chooses the next token from the logits of a model; the same seed chooses the same tokens.
///
/// Of the tokens, by falling logit and then by rising index, the first ``topK`` are kept, and of these the fewest whose
/// probabilities reach ``topP`` (Holtzman et al., 2020); one of them is drawn from `softmax(logits / temperature)`.
public struct Sampler: Sendable {
  /// What the logits are divided by; 0 chooses the largest.
  public let temperature: Double

  /// How many tokens are kept at most; nil keeps all.
  public let topK: Int?

  /// What probability of those the kept tokens have at least; 1 keeps all.
  public let topP: Double

  private var generator: Xoshiro256

  /// - Parameters:
  ///   - temperature: A finite number from 0.
  ///   - topK: A number from 1, or nil.
  ///   - topP: A number above 0 and up to 1.
  /// - Throws: ``SamplerError`` for any other.
  public init(
    temperature: Double = 1, topK: Int? = nil, topP: Double = 1, seed: UInt64 = 0
  ) throws(SamplerError) {
    guard temperature >= 0, temperature.isFinite else {
      throw SamplerError(
        setting: "temperature", value: "\(temperature)", demand: "a finite number from 0")
    }
    if let topK, topK < 1 {
      throw SamplerError(setting: "topK", value: "\(topK)", demand: "a number from 1, or nil")
    }
    guard topP > 0, topP <= 1 else {
      throw SamplerError(setting: "topP", value: "\(topP)", demand: "above 0 and at most 1")
    }
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    generator = Xoshiro256(seed: seed)
  }

  /// The index of the chosen token, in O(n) for n logits, or O(n log n) with ``topK`` or ``topP``.
  ///
  /// - Parameter logits: One for each token, at least one; a NaN is never chosen over a number.
  public mutating func next(logits: [Float]) -> Int {
    precondition(!logits.isEmpty, "no logits to choose from")
    let logits = logits.map { $0.isNaN ? -.infinity : Double($0) }
    let largest = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    guard temperature > 0 else { return largest }

    // The largest apart: the difference of two infinities is no number.
    let weights = logits.map {
      $0 == logits[largest] ? 1 : exp(($0 - logits[largest]) / temperature)
    }
    return drawn(from: kept(weights), weights)
  }

  private func kept(_ weights: [Double]) -> [Int] {
    guard topK != nil || topP < 1 else { return Array(weights.indices) }
    let ordered = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    let kept = ordered.prefix(topK ?? ordered.count)
    let target = topP * kept.reduce(0) { $0 + weights[$1] }
    var sum = 0.0
    let count = kept.firstIndex {
      sum += weights[$0]
      return sum >= target
    }
    return Array(kept.prefix((count ?? kept.count - 1) + 1))
  }

  private mutating func drawn(from indices: [Int], _ weights: [Double]) -> Int {
    let total = indices.reduce(0) { $0 + weights[$1] }
    // The 53 bits of a number in 0..<1.
    var rest = Double(generator.next() >> 11) * 0x1p-53 * total
    for index in indices {
      rest -= weights[index]
      if rest < 0 { return index }
    }
    // Rounding may leave a little: for the last that can be chosen.
    return indices.last { weights[$0] > 0 } ?? indices[0]
  }
}

/// A setting that no ``Sampler`` can have.
public struct SamplerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name of the setting.
  public let setting: String

  /// What it was.
  public let value: String

  /// What it must be.
  public let demand: String

  public var description: String { "\(setting) is \(value); it must be \(demand)" }
}
