import PropertyTesting
import Testing

@Suite("Searches")
struct SearchTests {
  /// Every case is labelled with its number, to see which cases a search runs.
  private func recorder(_ id: String) -> Property {
    Property(id, for: { $0.choose(through: .max) }) { number, seen in seen.label("\(number)") }
  }

  @Test
  func casesDependOnSeedAndNameAlone() {
    func cases(_ id: String, _ seed: UInt64, _ count: Int) -> Set<String> {
      Set(recorder(id).check(Search(seed: seed, cases: count)).observations.labels.keys)
    }
    #expect(cases("a", 1, 50) == cases("a", 1, 50))
    #expect(cases("a", 1, 50).isSuperset(of: cases("a", 1, 20)))
    #expect(cases("a", 1, 50).isDisjoint(with: cases("a", 2, 50)))
    #expect(cases("a", 1, 50).isDisjoint(with: cases("b", 1, 50)))
  }

  @Test
  func sameReportOnEveryThread() async {
    let property = Property(
      "threads", cases: 500,
      for: { source in source.each(source.dimension(0...9)) { $0.integer(in: -9...9) } }
    ) { list, seen in
      seen.label("empty", if: list.isEmpty)
      if list.reduce(0, +) == 40 { throw Falsified("forty") }
    }
    let alone = property.check(Search(seed: 5, cases: 100_000))
    await withTaskGroup(of: Report.self) { group in
      for _ in 0..<8 {
        group.addTask { property.check(Search(seed: 5, cases: 100_000)) }
      }
      for await report in group { #expect(report == alone) }
    }
  }

  @Test
  func aRegimeThatNeverComesUpFailsTheRun() {
    let property = Property(
      "coverage", cases: 200, requiring: ["even", "above bound"],
      for: { $0.integer(in: 0...9) }
    ) { n, seen in
      seen.label("even", if: n % 2 == 0)
      seen.label("above bound", if: n > 9)
    }
    let report = property.check(Search(seed: 1))
    #expect(report.verdict == .neverGenerated(["above bound"]))
    #expect(!report.holds)
    #expect(property.check(Search(seed: 1, cases: 3)).holds, "three cases promise no regime")
  }

  @Test
  func discardingTooMuchFailsTheRun() {
    let property = Property(
      "discards", cases: 100,
      for: { source in
        let n = source.integer(in: 0...999_999)
        try source.assume(n == 0)
        return n
      }
    ) { _, _ in }
    let report = property.check(Search(seed: 1))
    #expect(report.verdict == .gaveUp)
    #expect(report.discarded == 1000)
  }

  @Test
  func anUnexpectedErrorIsAFailure() {
    struct Surprise: Error {}
    let inCheck = Property("check throws", for: { $0.integer(in: 0...9) }) { _, _ in
      throw Surprise()
    }
    let inDraw = Property("draw throws", for: { _ -> Int in throw Surprise() }) { _, _ in }
    #expect(!inCheck.check(Search(seed: 1)).holds)
    #expect(!inDraw.check(Search(seed: 1)).holds)
  }

  @Test
  func exhaustively() {
    let all = Property(
      "all", for: { ($0.integer(in: -1...1), $0.integer(in: 0...4)) }
    ) { pair, seen in seen.label("\(pair)") }
    let report = all.checkExhaustively(limit: 15)
    #expect(report?.held == 15)
    #expect(report?.observations.labels.count == 15)
    #expect(report?.observations.labels.values.allSatisfy { $0 == 1 } == true)
    #expect(all.checkExhaustively(limit: 14) == nil)

    // The number of choices may depend on earlier choices.
    let lists = Property(
      "lists", for: { source in source.each(source.dimension(0...3)) { $0.choose(through: 1) } }
    ) { list, _ in
      if list == [1, 0, 1] { throw Falsified("found") }
    }
    guard case .fails(let found)? = lists.checkExhaustively(limit: 100)?.verdict else {
      Issue.record("the one bad list was not met")
      return
    }
    #expect(found.minimal == "[1, 0, 1]")
  }
}

@Suite("Choices")
struct ChoiceSourceTests {
  @Test
  func integersAreOrderedBySimplicity() {
    func integers(_ range: ClosedRange<Int>) -> [Int] {
      (0..<range.count).map { choice in
        var source = ChoiceSource(replaying: [UInt64(choice)])
        return source.integer(in: range)
      }
    }
    #expect(integers(-2...2) == [0, 1, -1, 2, -2])
    #expect(integers(-4...1) == [0, 1, -1, -2, -3, -4])
    #expect(integers(-1...3) == [0, 1, -1, 2, 3])
    #expect(integers(3...5) == [3, 4, 5])
    #expect(integers(-5...(-3)) == [-5, -4, -3])
  }

  @Test
  func favouritesAreDrawnHalfOfTheTime() {
    var hits = 0
    for seed in 0..<1000 as Range<UInt64> {
      var source = ChoiceSource(seed: seed)
      if source.dimension(0...999, favouring: [7, 5000]).count == 7 { hits += 1 }
    }
    #expect((400...600).contains(hits))
  }

  @Test
  func replayedChoicesStayWithinTheirBounds() {
    var source = ChoiceSource(replaying: [900, 1])
    #expect(source.choose(through: 9) == 9)
    #expect(source.choose(through: 9) == 1)
    #expect(source.choose(through: 9) == 0)
    #expect(source.choices == [9, 1, 0])
  }

  @Test
  func uniformChoices() {
    var random = Xoshiro256(seed: 4)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[Int(random.next(through: 5))] += 1 }
    #expect(counts.allSatisfy { (9_500...10_500).contains($0) })
  }
}

@Suite("Replays")
struct ReplayTests {
  @Test
  func roundTrip() throws {
    let replay = Replay(property: "EQ/chunkwise", choices: [2, 0, 255, .max, 0, 0])
    #expect("\(replay)" == "EQ/chunkwise:2.0.ff.ffffffffffffffff")
    #expect(Replay("\(replay)")?.choices == [2, 0, 255, .max])
    #expect(Replay("EQ/chunkwise:")?.choices == [])
  }

  @Test(arguments: ["", "EQ", ":1.2", "EQ:1.g", "EQ:1.-2", "EQ:11111111111111111"])
  func rejected(text: String) { #expect(Replay(text) == nil) }

  @Test
  func regressionFile() throws {
    let text = "# a comment\n\nEQ/a:1.2  found in the tail\nEQ/b:\n"
    #expect(try Replay.regressions(in: text).map(\.property) == ["EQ/a", "EQ/b"])
    #expect(throws: UnreadableReplay.self) { try Replay.regressions(in: "EQ/a:1.2\nnonsense\n") }
  }
}
