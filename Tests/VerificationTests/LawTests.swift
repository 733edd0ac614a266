import Algebra
import DeltaRule
import Foundation
import PropertyTesting
import Testing
import Verification

/// The run's settings: `DELTANET_SEED`, `DELTANET_CASES` and `DELTANET_REPLAY`.
private enum Settings {
  static let environment = ProcessInfo.processInfo.environment
  static let search = Search(
    seed: environment["DELTANET_SEED"].flatMap { UInt64($0) } ?? 1,
    cases: environment["DELTANET_CASES"].flatMap { Int($0) })
  static let replay = environment["DELTANET_REPLAY"]
}

private struct Instance: CustomTestStringConvertible, Sendable {
  let law: Law
  let instance: LawInstance

  static let all = Law.all.flatMap { law in
    law.instances.map { Instance(law: law, instance: $0) }
  }

  var testDescription: String { instance.property.id }
}

@Suite("Laws")
struct LawTests {
  @Test(arguments: Instance.all)
  private func holds(_ checked: Instance) {
    let report = checked.instance.check(Settings.search)
    if let failure = report.failure { Issue.record("\(checked.law.statement)\n\(failure)") }
    #expect(report.held > 0)
  }

  /// Every case that ever failed, replayed once before the first test of this suite.
  private static let regressions = Result {
    let file = try #require(Bundle.module.url(forResource: "Regressions", withExtension: "txt"))
    return try Replay.regressions(in: String(contentsOf: file, encoding: .utf8)).map { replay in
      try Law.instance(for: replay).property.check(replaying: replay.choices)
    }
  }

  init() { _ = Self.regressions }

  @Test
  func regressionsHold() throws {
    let reports = try Self.regressions.get()
    #expect(!reports.isEmpty)
    for report in reports {
      if let failure = report.failure { Issue.record("\(failure)") }
      #expect(report.held == 1, "\(report.id): the case is no longer one of the law's")
    }
  }

  /// The worst inputs that attacks have found keep their bounds.
  @Test
  func worstCasesHold() throws {
    let file = try #require(Bundle.module.url(forResource: "WorstCases", withExtension: "txt"))
    let corpus = try Replay.regressions(in: String(contentsOf: file, encoding: .utf8))
    let attacked = try WorstCases(Attack(seed: 1, evaluations: 1)).targets.map(\.property.id)
    #expect(Set(corpus.map(\.property)).isSuperset(of: attacked), "every target has a worst case")
    for replay in corpus {
      let report = try Law.instance(for: replay).property.check(replaying: replay.choices)
      if let failure = report.failure { Issue.record("\(failure)") }
      #expect(report.observations.maxima[WorstCases.quantity] != nil, "\(replay)")
    }
  }

  @Test(.enabled(if: Settings.replay != nil, "DELTANET_REPLAY is not set"))
  func replayFromEnvironment() throws {
    try expectToHold(try #require(Settings.replay.flatMap { Replay($0) }, "not a replay"))
  }

  private func expectToHold(_ replay: Replay) throws {
    let report = try Law.instance(for: replay).property.check(replaying: replay.choices)
    if let failure = report.failure { Issue.record("\(failure)") }
  }
}

@Suite("The catalogue")
struct CatalogueTests {
  @Test
  func namesAreUnique() {
    let ids = Law.all.flatMap(\.instances).map(\.property.id)
    #expect(Set(ids).count == ids.count)
    #expect(Set(Law.all.map(\.id)).count == Law.all.count)
  }

  @Test
  func atLeastAHundredThousandExactCases() {
    let sampled = Law.all.flatMap(\.instances).filter { !$0.isExhaustive && !$0.isFloatingPoint }
    #expect(sampled.map(\.property.cases).reduce(0, +) >= 100_000)
  }

  @Test
  func sameBytesForAnyNumberOfJobs() async throws {
    func run(_ jobs: Int) async throws -> (String, String) {
      let outcome = try await Verification(seed: 9, cases: 10, jobs: jobs, only: "chunkwise").run()
      return (outcome.text, try outcome.json())
    }
    let one = try await run(1)
    let two = try await run(2)
    let many = try await run(7)
    #expect(one == two)
    #expect(one == many)
  }

  @Test
  func selection() throws {
    #expect(try Verification(seed: 1, jobs: 1, only: "UT").laws.map(\.id) == ["UT"])
    let about = try Verification(seed: 1, jobs: 1, only: "block-sweep").laws
    #expect(about.allSatisfy { $0.instances.allSatisfy { $0.subject == "block-sweep" } })
    #expect(about.map(\.id).contains("EQ"))
    #expect(throws: UnknownSubject.self) { try Verification(seed: 1, jobs: 1, only: "nothing") }
  }
}

@Suite("Theorem labels")
struct TheoremTests {
  private var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  private func files(_ folder: String, _ kind: String) throws -> [URL] {
    let all = FileManager.default.enumerator(
      at: root.appending(path: folder), includingPropertiesForKeys: nil)
    return try #require(all).compactMap { $0 as? URL }.filter { $0.pathExtension == kind }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The headings of the pages of derivations: `Proofs/Chunkwise.md#chunkwise`.
  private func labels() throws -> Set<String> {
    var labels: Set<String> = []
    for page in try files("Proofs", "md") {
      for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
        guard line.hasPrefix("## "), line.dropFirst(3).first?.isLowercase == true else { continue }
        labels.insert("Proofs/\(page.lastPathComponent)#\(line.dropFirst(3))")
      }
    }
    return labels
  }

  @Test
  func lawsQuoteTheoremsThatExist() throws {
    let labels = try labels()
    for law in Law.all { #expect(labels.contains(law.theorem), "\(law.id)") }
  }

  @Test
  func sourcesQuoteTheoremsThatExist() throws {
    let labels = try labels()
    let label = /Proofs\/[A-Za-z]+\.md#[a-z-]+/
    var quoted = 0
    for file in try files("Sources", "swift") {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: label) {
        #expect(labels.contains(String(match.output)), "\(file.lastPathComponent)")
        quoted += 1
      }
    }
    #expect(quoted >= Formulation<PrimeField>.all.count + Law.all.count)
  }

  /// The index of the pages maps every label to its law and its source.
  @Test
  func indexIsComplete() throws {
    let index = try text("Proofs/README.md")
    let laws = Set(Law.all.map(\.id))
    let tests = try files("Tests", "swift").map(\.lastPathComponent)
    let rows = index.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains(".md#") }
    var mapped: Set<String> = []
    for row in rows {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 5, "\(row)")
      let link = try #require(cells[1].firstMatch(of: /\(([A-Za-z]+\.md#[a-z-]+)\)/), "\(row)")
      mapped.insert("Proofs/\(link.output.1)")
      for theorem in cells[2].matches(of: /`([A-Za-z0-9_]+)`/) {
        let page = try text("Proofs/\(link.output.1.prefix { $0 != "#" })")
        #expect(page.contains("\nTheorem \(theorem.output.1) :"), "\(row)")
      }
      for source in cells[3].matches(of: /`([A-Za-z\/+]+\.swift)`/) {
        let path = root.appending(path: "Sources/\(source.output.1)").path()
        #expect(FileManager.default.fileExists(atPath: path), "\(row)")
      }
      for check in cells[4].matches(of: /`([A-Za-z.0-9]+)`/) {
        let name = String(check.output.1)
        if laws.contains(name) { continue }
        #expect(tests.contains("\(name).swift"), "\(name) is neither a law nor a test: \(row)")
      }
    }
    #expect(try mapped == labels())
    let named = index.matches(of: /`([A-Z]+(?:\.[a-z0-9]+)?)`/).map { String($0.output.1) }
    #expect(laws.isSubset(of: named), "laws that the index does not name")
  }
}
