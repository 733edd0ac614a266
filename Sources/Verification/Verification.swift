import DeltaRuleCPU
public import DeltaRuleGPU
public import PropertyTesting

/// A run of laws from one seed.
public struct Verification: Sendable {
  public let seed: UInt64
  /// How many cases each sampled law checks; nil leaves it to the law.
  public let cases: Int?
  /// Which part of them is checked.
  public internal(set) var shard: Shard
  /// How many laws are checked at the same time.
  public let jobs: Int
  public let laws: [Law]
  let subject: String?
  let device: DeviceName?
  /// The command that replays its cases; nil where `deltanet-verify` alone does, and `swift test`.
  let replayCommand: String?

  /// - Parameters:
  ///   - subject: the id of a law or the name of what laws speak about; nil selects everything.
  ///   - laws: what there is to select from.
  ///   - device: which device they are about; nil for the processor's.
  ///   - command: what replays their cases; nil for `deltanet-verify`.
  /// - Throws: ``UnknownSubject`` where nothing is called that.
  public init(
    seed: UInt64, cases: Int? = nil, shard: Shard = .whole, jobs: Int, only subject: String? = nil,
    from laws: [Law] = Law.all, about device: DeviceName? = nil,
    replayedBy command: String? = nil
  ) throws(UnknownSubject) {
    self.seed = seed
    self.cases = cases
    self.shard = shard
    self.jobs = jobs
    self.subject = subject
    self.device = device
    // Case files, which laws about devices choose from, are derived from the seed.
    replayCommand = command ?? device.map { "deltanet-verify --device \($0) --seed \(seed)" }
    guard let subject else {
      self.laws = laws
      return
    }
    self.laws = laws.compactMap { law in
      law.id == subject ? law : law.restricted { $0.subject == subject }
    }
    if self.laws.isEmpty { throw UnknownSubject(name: subject) }
  }

  /// Checks every instance of every law.
  ///
  /// What comes out depends on the seed and the number of cases, not on `jobs`. What shards find is put together by
  /// ``joined(_:)``.
  ///
  /// - Parameter progress: called after each instance with how many are done, and how many there are.
  public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) async -> Outcome {
    let (search, shard) = (search, shard)
    return outcome(
      await concurrently(Array(instances.enumerated()), jobs: jobs, progress: progress) {
        index, instance in
        instance.isExhaustive && !shard.isDealt(index)
          ? Report(id: instance.property.id) : instance.check(search)
      })
  }

  var search: Search { Search(seed: seed, cases: cases, shard: shard) }

  var instances: [LawInstance] { laws.flatMap(\.instances) }

  /// - Parameter reports: one for each of ``instances``.
  func outcome(_ reports: [Report]) -> Outcome {
    var rest = reports[...]
    return Outcome(
      verification: self,
      laws: laws.map { law in
        defer { rest = rest.dropFirst(law.instances.count) }
        return (law, Array(zip(law.instances, rest)))
      })
  }

  /// What came of a run.
  public struct Outcome: Sendable {
    public let verification: Verification
    public let laws: [(law: Law, reports: [(instance: LawInstance, report: Report)])]

    public var seed: UInt64 { verification.seed }

    public var holds: Bool { laws.allSatisfy { $0.reports.allSatisfy(\.report.holds) } }
  }
}

extension Law {
  /// This law for some of its instances, or nil where none is left.
  func restricted(to isIncluded: (LawInstance) -> Bool) -> Law? {
    let kept = instances.filter(isIncluded)
    return kept.isEmpty
      ? nil : Law(id, title, statement, formula: formula, theorem: theorem, Checks(kept))
  }

  /// The instance of some laws that a replay belongs to.
  ///
  /// - Throws: ``UnknownSubject`` where there is none.
  public static func instance(
    for replay: Replay, from laws: [Law] = Law.all
  ) throws(UnknownSubject) -> LawInstance {
    let all = laws.flatMap(\.instances)
    guard let found = all.first(where: { $0.property.id == replay.property }) else {
      throw UnknownSubject(name: replay.property)
    }
    return found
  }
}

/// A name that no law, formulation or regime has.
public struct UnknownSubject: Error, CustomStringConvertible {
  public let name: String

  public var description: String {
    Checks.withoutOpenBLAS.leftOut.contains(where: name.contains)
      ? "'\(name)' is left out: \(MissingOpenBLAS())"
      : "'\(name)' is no law, formulation or regime; 'deltanet-verify list' shows what there is"
  }
}
