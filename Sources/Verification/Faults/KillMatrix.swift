public import PropertyTesting

/// Which laws catch which faults, and how soon.
public struct KillMatrix: Sendable {
  public let seed: UInt64
  public let rows: [Row]
  /// The laws that fail for the same kernel without a fault: none should.
  public let falseAlarms: [Kill]

  /// What happened to one fault.
  public struct Row: Sendable {
    public let fault: Fault
    /// The laws that fail for it, in the order of the catalogue.
    public let kills: [Kill]

    /// The law that needs the fewest cases.
    public var quickest: Kill? { kills.min { $0.cases < $1.cases } }
  }

  /// A law that fails for a kernel with a fault.
  public struct Kill: Sendable {
    public let law: String
    /// How many cases it took.
    public let cases: Int
    public let counterexample: Counterexample
  }

  /// Every fault got caught, and nothing else.
  public var isComplete: Bool {
    falseAlarms.isEmpty && rows.allSatisfy { !$0.kills.isEmpty }
  }

  /// Holds every law that speaks about kernels against faults.
  ///
  /// What comes out depends on the seed and the number of cases, not on `jobs`.
  ///
  /// - Parameter cases: how many of each law's cases a fault must get past at most.
  public static func measured(
    _ faults: [Fault] = Fault.allCases, seed: UInt64, cases: Int, jobs: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async -> KillMatrix {
    let kernels = [nil] + faults
    let kills = await concurrently(kernels, jobs: jobs, progress: progress) { fault in
      let candidate = Candidate(making: fault)
      return Law.all.compactMap { law -> Kill? in
        guard let instance = law.instance(for: candidate) else { return nil }
        let search = Search(seed: seed, cases: min(cases, instance.property.cases))
        let report = instance.check(search)
        return report.counterexample.map {
          Kill(law: law.id, cases: report.held + 1, counterexample: $0)
        }
      }
    }
    return KillMatrix(
      seed: seed, rows: zip(faults, kills.dropFirst()).map { Row(fault: $0, kills: $1) },
      falseAlarms: kills[0])
  }
}
