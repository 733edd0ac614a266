import Glibc
import PropertyTesting

/// Chooses the next token from logits.
public struct Sampler: Sendable {
  private let temperature: Double
  private let topK: Int?
  private let topP: Double
  private var generator: Xoshiro256

  /// - Parameters:
  ///   - temperature: logits are divided by it; 0 takes the most likely token, the first of several.
  ///   - topK: how many of the most likely tokens may be chosen; nil for all.
  ///   - topP: of those as few of the most likely as have this probability together, from above 0 to 1.
  ///   - seed: the same seed makes the same choices.
  /// - Throws: ``SamplingError``.
  public init(
    temperature: Double = 1, topK: Int? = nil, topP: Double = 1, seed: UInt64
  ) throws(SamplingError) {
    guard temperature >= 0, temperature.isFinite else {
      throw SamplingError(setting: "temperature", value: "\(temperature)", demand: "0 or above")
    }
    guard topK ?? 1 >= 1 else {
      throw SamplingError(setting: "top-k", value: "\(topK ?? 0)", demand: "1 or above")
    }
    guard topP > 0, topP <= 1 else {
      throw SamplingError(setting: "top-p", value: "\(topP)", demand: "above 0, up to 1")
    }
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    generator = Xoshiro256(seed: seed)
  }

  /// - Parameter logits: of every token of the vocabulary, one at least.
  /// - Complexity: O(n log n).
  public mutating func choose(_ logits: some Collection<Float>) -> Int {
    let ranked = logits.enumerated().sorted {
      ($0.element, $1.offset) > ($1.element, $0.offset)
    }
    guard temperature > 0 else { return ranked[0].offset }
    let largest = Double(ranked[0].element)
    let candidates = ranked.prefix(topK ?? ranked.count)
    let likelihoods = candidates.map { exp((Double($0.element) - largest) / temperature) }
    let limit = topP * likelihoods.reduce(0, +)
    var (kept, mass) = (0, 0.0)
    while kept < likelihoods.count, kept == 0 || mass < limit {
      mass += likelihoods[kept]
      kept += 1
    }
    var rest = Double.random(in: 0..<mass, using: &generator)
    let chosen = likelihoods[..<kept].firstIndex { likelihood in
      rest -= likelihood
      return rest < 0
    }
    return candidates[chosen ?? kept - 1].offset
  }
}

/// A setting of a ``Sampler`` that makes no sense.
public struct SamplingError: Error, Equatable, CustomStringConvertible {
  public let setting: String
  public let value: String
  public let demand: String

  public var description: String { "\(setting) is \(value); it must be \(demand)" }
}
