import PropertyTesting
import Testing

/// The counterexample that a search finds, or a failed expectation.
private func counterexample(
  _ property: Property, seed: UInt64 = 1, cases: Int = 1000,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> Counterexample {
  let report = property.check(Search(seed: seed, cases: cases))
  guard case .fails(let found) = report.verdict else {
    Issue.record("no counterexample: \(report.verdict)", sourceLocation: sourceLocation)
    throw Discarded()
  }
  return found
}

private func falsify(if condition: Bool) throws {
  if condition { throw Falsified("planted") }
}

@Suite("Shrinking finds the smallest failing case")
struct ShrinkingTests {
  @Test(arguments: [1, 2, 3, 99] as [UInt64])
  func boundary(seed: UInt64) throws {
    let property = Property("boundary", for: { $0.integer(in: -1000...1000) }) { n, _ in
      try falsify(if: n <= -37)
    }
    #expect(try counterexample(property, seed: seed).minimal == "-37")
  }

  @Test(arguments: [1, 2, 3, 99] as [UInt64])
  func wholeWord(seed: UInt64) throws {
    let property = Property("word", for: { $0.choose(through: .max) }) { word, _ in
      try falsify(if: word >= 1_234_567)
    }
    #expect(try counterexample(property, seed: seed).minimal == "1234567")
  }

  @Test(arguments: [1, 2, 3, 99] as [UInt64])
  func sumOfAList(seed: UInt64) throws {
    let property = Property(
      "sum",
      for: { source in
        let count = source.dimension(0...20)
        return source.each(count) { $0.integer(in: 0...100) }
      }
    ) { list, _ in
      if list.reduce(0, +) >= 150 { throw Falsified("they add up to \(list.reduce(0, +))") }
    }
    #expect(try counterexample(property, seed: seed).reason == "they add up to 150")
  }

  /// Deleting a row must delete it from every array that has that dimension.
  @Test(arguments: [1, 2, 3, 99] as [UInt64])
  func elementsAlongADimension(seed: UInt64) throws {
    let property = Property(
      "rows",
      for: { source in
        let (rows, columns) = (source.dimension(1...8), source.dimension(1...8))
        let matrix = source.each(rows) { $0.each(columns) { $0.integer(in: 0...9) } }
        let vector = source.each(rows) { $0.integer(in: 0...9) }
        return (matrix, vector)
      }
    ) { value, _ in
      let (matrix, vector) = value
      try falsify(if: zip(matrix, vector).contains { $0.contains(7) && $1 == 3 })
    }
    #expect(try counterexample(property, seed: seed).minimal == "([[7]], [3])")
  }

  @Test
  func reproducible() throws {
    let property = Property("twice", for: { $0.choose(through: .max) }) { n, _ in
      try falsify(if: n % 1000 == 7)
    }
    let first = try counterexample(property, cases: 100_000)
    #expect(try counterexample(property, cases: 100_000) == first)
    guard case .fails(let replayed) = property.check(replaying: first.replay.choices).verdict else {
      Issue.record("the replay holds")
      return
    }
    #expect(replayed.minimal == first.minimal)
    #expect(replayed.reason == first.reason)
  }
}
