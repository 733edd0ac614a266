import PropertyTesting
import Testing

@Suite("Shards")
struct ShardTests {
  @Test
  func readsWhatItWrites() {
    #expect(Shard(rawValue: "2/4") == Shard(2, of: 4))
    #expect(Shard(2, of: 4).rawValue == "2/4")
    for text in [
      "", "2", "2/", "/4", "0/4", "5/4", "-1/4", "1/0", "1/2/3", "a/b", "1/9999999999999999999",
    ] {
      #expect(Shard(rawValue: text) == nil, "\(text)")
    }
  }

  @Test(arguments: [1, 2, 3, 7, 1024])
  func dividesAllCases(count: Int) {
    for total in [0, 1, 2, 6, 600, 6001, Int.max] {
      let parts = (1...count).map { Shard($0, of: count).cases(of: total) }
      #expect(parts[0].lowerBound == 0)
      #expect(parts[count - 1].upperBound == total)
      #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      #expect(parts.allSatisfy { ($0.count - total / count) & ~1 == 0 }, "as equal as can be")
    }
  }

  /// One that holds, discards, labels and samples; one that fails late; one that misses a regime; one that gives up.
  private static let properties = [
    Property(
      "holds", cases: 100, requiring: ["even"],
      for: { source in
        let n = source.integer(in: 0...99)
        try source.assume(n % 3 != 0)
        return n
      }
    ) { n, seen in
      seen.label("even", if: n % 2 == 0)
      seen.record("n", Double(n))
      seen.sample("n", Double(n))
    },
    Property("fails", cases: 100, for: { $0.choose(through: 9) }) { n, seen in
      seen.label("odd", if: n % 2 == 1)
      if n == 7 { throw Falsified("7") }
    },
    Property("misses", cases: 100, requiring: ["never"], for: { $0.choose(through: 9) }) { _, _ in
    },
    Property(
      "gives up", cases: 100,
      for: { source in try source.assume(source.choose(through: 1 << 40) == 1 << 40) }
    ) { _, _ in },
  ]

  @Test(arguments: properties.map(\.id), [1, 2, 3, 7, 150])
  func joinToTheWhole(id: String, count: Int) throws {
    let property = try #require(Self.properties.first { $0.id == id })
    for seed in UInt64(1)...3 {
      let search = Search(seed: seed)
      let shards = (1...count).map {
        property.check(Search(seed: seed, shard: Shard($0, of: count)))
      }
      let whole = property.check(search)
      #expect(property.joined(shards, of: search) == whole)
      #expect(whole.holds == (id == "holds"))
    }
  }
}
