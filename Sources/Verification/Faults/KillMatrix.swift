public import PropertyTesting

/// Which laws catch which faults, and how soon.
public struct KillMatrix: Sendable {
  public let seed: UInt64
  public let rows: [Row]

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

  /// Every fault got caught.
  public var isComplete: Bool { rows.allSatisfy { !$0.kills.isEmpty } }

  /// Holds every law that speaks about kernels against every fault.
  ///
  /// What comes out depends on the seed, not on `jobs`.
  public static func measured(
    seed: UInt64, jobs: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async -> KillMatrix {
    let search = Search(seed: seed)
    let rows = await concurrently(Fault.allCases, jobs: jobs, progress: progress) { fault in
      let candidate = Candidate(fault)
      let kills = Law.all.compactMap { law -> Kill? in
        guard let report = law.instance(for: candidate)?.check(search) else { return nil }
        return report.counterexample.map {
          Kill(law: law.id, cases: report.held + 1, counterexample: $0)
        }
      }
      return Row(fault: fault, kills: kills)
    }
    return KillMatrix(seed: seed, rows: rows)
  }
}
