import DeltaNet
import Testing

struct SamplerTests {
  private let logits: [Float] = [1, 3, 2, 3, -1]

  @Test func withoutTemperatureTheFirstOfTheMostLikelyIsTaken() throws {
    var sampler = try Sampler(temperature: 0, seed: 1)
    #expect((0..<10).allSatisfy { _ in sampler.choose(logits) == 1 })
  }

  @Test func onlyTheMostLikelyAreChosen() throws {
    var three = try Sampler(topK: 3, seed: 2)
    #expect(Set((0..<200).map { _ in three.choose(logits) }) == [1, 2, 3])
    // Both of the most likely have 0.38 of the probability each.
    var half = try Sampler(topP: 0.5, seed: 2)
    #expect(Set((0..<200).map { _ in half.choose(logits) }) == [1, 3])
    var least = try Sampler(topP: 1e-9, seed: 2)
    #expect(Set((0..<50).map { _ in least.choose(logits) }) == [1])
  }

  /// As often as softmax says, within six standard errors.
  @Test func choicesFollowTheLogits() throws {
    let logits: [Float] = [0, 0.6931472, 1.3862944]
    var sampler = try Sampler(seed: 3)
    let count = 7000
    let chosen = (0..<count).map { _ in sampler.choose(logits) }
    for (token, probability) in [1.0 / 7, 2.0 / 7, 4.0 / 7].enumerated() {
      let expected = Double(count) * probability
      let deviation = (expected * (1 - probability)).squareRoot()
      #expect(abs(Double(chosen.count { $0 == token }) - expected) < 6 * deviation)
    }
    var again = try Sampler(seed: 3)
    #expect(chosen == (0..<count).map { _ in again.choose(logits) })
  }

  @Test func settingsThatMakeNoSenseAreRefused() {
    let error = #expect(throws: SamplingError.self) { try Sampler(topP: 0, seed: 1) }
    #expect(error?.description == "top-p is 0.0; it must be above 0, up to 1")
    #expect(throws: SamplingError.self) { try Sampler(temperature: -1, seed: 1) }
    #expect(throws: SamplingError.self) { try Sampler(temperature: .nan, seed: 1) }
    #expect(throws: SamplingError.self) { try Sampler(topK: 0, seed: 1) }
  }
}
