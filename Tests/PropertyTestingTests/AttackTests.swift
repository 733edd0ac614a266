import PropertyTesting
import Testing

@Suite("Attacks")
struct AttackTests {
  /// A needle: |x − 777,777| is recorded, negated; uniform draws of 2,000 would come within some 500 of it.
  private let needle = Property(
    "needle", for: { [$0.integer(in: 0...1_000_000), $0.integer(in: 0...3)] }
  ) { value, seen in
    seen.label("odd", if: value[1] % 2 == 1)
    seen.record("badness", -abs(Double(value[0]) - 777_777))
  }

  @Test
  func climbs() throws {
    let worst = try #require(
      needle.worstCase(of: "badness", Attack(seed: 1, evaluations: 2000)))
    #expect(worst.value > -20)
    #expect(worst.reason == nil)
    // The replay is the case that was found.
    let again = needle.check(replaying: worst.replay.choices)
    #expect(again.observations.maxima["badness"] == worst.value)
  }

  @Test
  func dependsOnTheSeedAlone() {
    func search(_ seed: UInt64) -> Attack.Worst? {
      needle.worstCase(of: "badness", Attack(seed: seed, evaluations: 300))
    }
    #expect(search(3) == search(3))
    #expect(search(3) != search(4))
  }

  @Test
  func staysInItsRegime() throws {
    let odd = try #require(
      needle.worstCase(of: "badness", Attack(seed: 1, evaluations: 500, regime: "odd")))
    #expect(needle.check(replaying: odd.replay.choices).observations.labels["odd"] == 1)
    let none = Attack(seed: 1, evaluations: 50, regime: "unheard-of")
    #expect(needle.worstCase(of: "badness", none) == nil)
    #expect(needle.worstCase(of: "unheard-of", Attack(seed: 1, evaluations: 50)) == nil)
  }

  @Test
  func aFailureEndsTheSearch() throws {
    let property = Property("fails", for: { $0.integer(in: 0...9) }) { n, seen in
      seen.record("size", Double(n))
      if n == 7 { throw Falsified("seven") }
    }
    let worst = try #require(
      property.worstCase(of: "size", Attack(seed: 1, evaluations: 500)))
    #expect(worst.reason == "seven")
    #expect(worst.value == .infinity)
  }
}
