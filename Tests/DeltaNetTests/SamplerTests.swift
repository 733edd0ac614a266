import DeltaNet
import Testing

struct SamplingTests {
  private func counts(_ sampler: Sampler, _ logits: [Float], draws: Int) -> [Int] {
    var sampler = sampler
    return (0..<draws).reduce(into: Array(repeating: 0, count: logits.count)) { counts, _ in
      counts[sampler.next(logits: logits)] += 1
    }
  }

  @Test func noTemperatureChoosesTheFirstOfTheLargest() throws {
    var sampler = try Sampler(temperature: 0, topK: 2, topP: 0.5)
    #expect(sampler.next(logits: [1, 3, 2, 3]) == 1)
    #expect(sampler.next(logits: [.nan, -.infinity, -1]) == 2)
    #expect(sampler.next(logits: [-.infinity, .nan]) == 0)
    #expect(sampler.next(logits: [0, .infinity, .infinity]) == 1)
  }

  /// Six standard deviations of a binomial count; one in 10^9 seeds is further off.
  @Test(arguments: [0.5, 1, 2])
  func tokensAreDrawnAsOftenAsTheSoftmaxSays(temperature: Double) throws {
    let probabilities = [0.1, 0.2, 0.3, 0.4]
    let draws = 40_000
    let counts = counts(
      try Sampler(temperature: temperature, seed: 7),
      probabilities.map { Float(logarithm($0) * temperature + 3) }, draws: draws)
    for (count, p) in zip(counts, probabilities) {
      let deviation = (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - Double(draws) * p) < 6 * deviation)
    }
  }

  /// By its series, which this range of numbers needs few terms of.
  private func logarithm(_ x: Double) -> Double {
    let z = (x - 1) / (x + 1)
    return (0..<200).reversed().reduce(0) { $0 * z * z + 2 * z / Double(2 * $1 + 1) }
  }

  @Test func onlyTheTopAreChosen() throws {
    // The probabilities are 8/15, 4/15, 2/15 and 1/15.
    let logits: [Float] = [0, 2, 3, 1].map { $0 * 0.693_147_2 }
    func chosen(topK: Int? = nil, topP: Double = 1) throws -> [Int] {
      let counts = counts(try Sampler(topK: topK, topP: topP), logits, draws: 2000)
      return counts.indices.filter { counts[$0] > 0 }
    }
    #expect(try chosen() == [0, 1, 2, 3])
    #expect(try chosen(topK: 1) == [2])
    #expect(try chosen(topK: 2) == [1, 2])
    #expect(try chosen(topK: 9) == [0, 1, 2, 3])
    #expect(try chosen(topP: 0.5) == [2])
    #expect(try chosen(topP: 0.6) == [1, 2])
    #expect(try chosen(topP: 0.81) == [1, 2, 3])
    // Of the two that are kept, the first has two thirds.
    #expect(try chosen(topK: 2, topP: 0.6) == [2])
    #expect(try chosen(topK: 2, topP: 0.7) == [1, 2])
  }

  @Test func ofEqualsTheFirstAreKept() throws {
    let counts = counts(try Sampler(topK: 2), [0, 1, 1, 1], draws: 200)
    #expect(counts[0] == 0 && counts[1] > 0 && counts[2] > 0 && counts[3] == 0)
  }

  @Test func whatIsImpossibleIsNeverChosen() throws {
    #expect(counts(try Sampler(), [-.infinity, 0, .nan], draws: 100) == [0, 100, 0])
    #expect(counts(try Sampler(), [0, .infinity, 5], draws: 100) == [0, 100, 0])
    #expect(counts(try Sampler(temperature: 1e-300), [0, 1, 0.5], draws: 100) == [0, 100, 0])
  }

  @Test func theSeedDecides() throws {
    func tokens(seed: UInt64) throws -> [Int] {
      var sampler = try Sampler(seed: seed)
      return (0..<64).map { _ in sampler.next(logits: [0, 0, 0, 0]) }
    }
    #expect(try tokens(seed: 1) == tokens(seed: 1))
    #expect(try tokens(seed: 1) != tokens(seed: 2))
  }

  @Test func badSettingsAreSaid() {
    func message(_ make: () throws -> Sampler) -> String? {
      #expect(throws: SamplerError.self, performing: make)?.description
    }
    #expect(
      message { try Sampler(temperature: -1) }
        == "temperature is -1.0; it must be a finite number from 0")
    #expect(
      message { try Sampler(temperature: .nan) }
        == "temperature is nan; it must be a finite number from 0")
    #expect(message { try Sampler(topK: 0) } == "topK is 0; it must be a number from 1, or nil")
    #expect(message { try Sampler(topP: 0) } == "topP is 0.0; it must be above 0 and at most 1")
    #expect(message { try Sampler(topP: 1.5) } == "topP is 1.5; it must be above 0 and at most 1")
  }
}
