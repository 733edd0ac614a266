public import PropertyTesting

/// The worst inputs that a search finds for everything that keeps a bound.
public struct WorstCases: Sendable {
  /// What is to be made large.
  public static let quantity = "error / bound"

  public let attack: Attack
  /// The checks that hold an error against a bound.
  public let targets: [LawInstance]

  /// - Parameter subject: the id of a law, or the name of a formulation or precision model; nil selects all.
  /// - Throws: ``UnknownSubject`` where nothing of that name keeps a bound, or none that does has cases of the
  ///   attack's regime.
  public init(_ attack: Attack, only subject: String? = nil) throws(UnknownSubject) {
    self.attack = attack
    let laws: [Law] = [
      .roundingErrors, .gradientRoundingErrors, .errorGrowth, .modelErrorGrowth,
    ]
    let named = laws.flatMap { law in
      law.instances.filter { subject == nil || subject == law.id || subject == $0.subject }
    }
    if let subject, named.isEmpty { throw UnknownSubject(name: subject) }
    targets = named.filter { target in
      attack.regime.map { target.property.requiredLabels.contains($0) } ?? true
    }
    if let regime = attack.regime, targets.isEmpty { throw UnknownSubject(name: regime) }
  }

  /// Attacks every target.
  ///
  /// What comes out depends on the seed and the number of evaluations, not on `jobs`.
  public func search(
    jobs: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async -> [Attack.Worst] {
    await concurrently(targets, jobs: jobs, progress: progress) {
      $0.property.worstCase(of: Self.quantity, attack)
    }.compactMap { $0 }
  }
}
