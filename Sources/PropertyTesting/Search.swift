/// How to look for a counterexample.
public struct Search: Sendable {
  public var seed: UInt64
  /// How many cases to check; nil leaves it to the property.
  public var cases: Int?
  /// How many cases may be discarded for each that is wanted.
  public var maximumDiscardRatio = 10
  /// How many simpler cases the shrinker may try.
  public var maximumShrinkAttempts = 10_000

  public init(seed: UInt64, cases: Int? = nil) {
    self.seed = seed
    self.cases = cases
  }
}

/// A case of which a property does not hold, as small as shrinking made it.
public struct Counterexample: Sendable, Equatable {
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
public struct Report: Sendable, Equatable {
  public enum Verdict: Sendable, Equatable {
    case holds
    case fails(Counterexample)
    /// So many cases were discarded that too few were left.
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
  /// - Complexity: at most `cases` evaluations, and as many again as shrinking takes.
  public func check(_ search: Search) -> Report {
    var report = Report(id: id)
    let wanted = search.cases ?? cases
    let root = mix(search.seed ^ stableHash(id))
    var index: UInt64 = 0
    while report.held < wanted {
      if report.discarded / search.maximumDiscardRatio > wanted {
        report.verdict = .gaveUp
        return report
      }
      var source = ChoiceSource(seed: mix(root &+ index))
      index += 1
      var seen = Observations()
      switch evaluate(&source, &seen) {
      case .held:
        report.held += 1
        report.observations.merge(seen)
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
        return report
      }
    }
    // Fewer cases than the property asks for need not meet every regime.
    let missing = requiredLabels.filter { report.observations.labels[$0] == nil }
    if wanted >= cases, !missing.isEmpty { report.verdict = .neverGenerated(missing) }
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
