/// How to look for a counterexample.
public struct Search: Sendable {
  public var seed: UInt64
  /// How many cases to check; nil leaves it to the property.
  public var cases: Int?
  /// Which of them to check.
  public var shard: Shard
  /// How often a case may be discarded and drawn again.
  public var maximumDiscards = 1_000
  /// How many simpler cases the shrinker may try.
  public var maximumShrinkAttempts = 10_000

  public init(seed: UInt64, cases: Int? = nil, shard: Shard = .whole) {
    self.seed = seed
    self.cases = cases
    self.shard = shard
  }
}

/// A case of which a property does not hold, as small as shrinking made it.
public struct Counterexample: Sendable, Equatable, Codable {
  /// The case as it was found, as text.
  public let original: String
  /// The smallest case found, as text.
  public let minimal: String
  /// Why the property does not hold of the smallest case.
  public let reason: String
  /// The line that replays the smallest case.
  public let replay: Replay
  /// How often a simpler case took the place of the smallest so far, and how many were tried.
  public let shrinks: Int
  public let attempts: Int
}

/// What came of one search.
public struct Report: Sendable, Equatable, Codable {
  public enum Verdict: Sendable, Equatable, Codable {
    case holds
    case fails(Counterexample)
    /// A case was discarded again and again.
    case gaveUp
    /// These regimes never came up.
    case neverGenerated([String])
  }

  public let id: String
  /// The cases of which the property held.
  public internal(set) var held = 0
  public internal(set) var discarded = 0
  public internal(set) var observations = Observations()
  public internal(set) var verdict = Verdict.holds

  /// A report on nothing yet.
  public init(id: String) { self.id = id }

  /// Reports on consecutive cases of one property as one, up to the first that does not hold.
  ///
  /// - Precondition: there is at least one.
  public init(joining reports: [Report]) {
    self = reports[0]
    for report in reports.dropFirst() where holds {
      held += report.held
      discarded += report.discarded
      observations.merge(report.observations)
      verdict = report.verdict
    }
  }

  public var holds: Bool { verdict == .holds }

  public var counterexample: Counterexample? {
    if case .fails(let found) = verdict { found } else { nil }
  }
}

extension Property {
  /// Looks for a counterexample.
  ///
  /// Case i depends on the seed, on the property's name and on i alone: not on other properties, other
  /// cases, or threads. The search ends at the first counterexample.
  ///
  /// - Complexity: at most `cases` evaluations, beside those of discarded cases, and as many again as shrinking takes.
  public func check(_ search: Search) -> Report {
    var report = Report(id: id)
    let root = mix(search.seed ^ stableHash(id))
    for index in search.shard.cases(of: search.cases ?? cases) {
      check(drawing: mix(root &+ UInt64(index)), search, &report)
      if !report.holds { return report }
    }
    return search.shard == .whole ? joined([report], of: search) : report
  }

  /// Checks the case of `seed`, or, where that is discarded, the next one that is not.
  private func check(drawing seed: UInt64, _ search: Search, _ report: inout Report) {
    var seed = seed
    for _ in 0..<search.maximumDiscards {
      var source = ChoiceSource(seed: seed)
      seed = mix(seed)
      var seen = Observations()
      switch evaluate(&source, &seen) {
      case .held:
        report.held += 1
        report.observations.merge(seen)
        return
      case .discarded:
        report.discarded += 1
      case .falsified(let value, let reason):
        let smallest = shrink(
          source, value: value, reason: reason, limit: search.maximumShrinkAttempts)
        report.verdict = .fails(
          Counterexample(
            original: value, minimal: smallest.value, reason: smallest.reason,
            replay: Replay(property: id, choices: smallest.source.choices),
            shrinks: smallest.shrinks, attempts: smallest.attempts))
        return
      }
    }
    report.verdict = .gaveUp
  }

  /// The report of a search from those of its shards, in their order: the same for any number of them.
  public func joined(_ shards: [Report], of search: Search) -> Report {
    var report = Report(joining: shards)
    let wanted = search.cases ?? cases
    // Fewer cases than the property asks for need not meet every regime.
    let missing = requiredLabels.filter { report.observations.labels[$0] == nil }
    if report.holds, wanted >= cases, !missing.isEmpty {
      report.verdict = .neverGenerated(missing)
    }
    return report
  }

  /// Checks the one case that `choices` describe.
  public func check(replaying choices: [UInt64]) -> Report {
    var report = Report(id: id)
    var source = ChoiceSource(replaying: choices)
    switch evaluate(&source, &report.observations) {
    case .held: report.held = 1
    case .discarded: report.discarded = 1
    case .falsified(let value, let reason):
      report.verdict = .fails(
        Counterexample(
          original: value, minimal: value, reason: reason,
          replay: Replay(property: id, choices: source.choices), shrinks: 0, attempts: 0))
    }
    return report
  }

  /// Checks *every* value that the source can give: a proof for a small scope.
  ///
  /// - Returns: the report, or nil where there are more than `limit` values.
  /// - Complexity: as many evaluations as there are values.
  public func checkExhaustively(limit: Int) -> Report? {
    var report = Report(id: id)
    var next: [UInt64]? = []
    while let choices = next {
      if report.held + report.discarded == limit { return nil }
      var source = ChoiceSource(replaying: choices)
      switch evaluate(&source, &report.observations) {
      case .held: report.held += 1
      case .discarded: report.discarded += 1
      case .falsified: return check(replaying: source.choices)
      }
      // The next sequence in order: raise the last choice that can be raised.
      next = source.choices.indices.last { source.choices[$0] < source.bounds[$0] }.map { last in
        source.choices[..<last] + [source.choices[last] + 1]
      }
    }
    return report
  }
}
