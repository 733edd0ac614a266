import Algebra
import DeltaRule
import DeltaRuleCPU
public import PropertyTesting
internal import Reporting

extension Verification.Outcome {
  /// The run as a person reads it. The same run gives the same text.
  public var text: String {
    [
      lawTable.text, formulationTable?.text ?? "", deviceTable, failures, suspicion,
      leftOut ?? "", summary,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// What was checked of each law.
  var lawTable: TextTable {
    var table = TextTable([
      ("law", .left), ("what must hold", .left), ("over", .left), ("for", .right),
      ("cases", .right), ("", .left),
    ])
    for (law, reports) in laws {
      for numbers in reports.map(\.instance.numbers).unique {
        let group = reports.filter { $0.instance.numbers == numbers }
        let isExhaustive = group.allSatisfy(\.instance.isExhaustive)
        table.append([
          law.id, law.title, numbers, "\(group.count)",
          group.map(\.report.held).reduce(0, +).grouped + (isExhaustive ? " (all)" : "      "),
          group.allSatisfy(\.report.holds) ? "holds" : "FAILS",
        ])
      }
    }
    return table
  }

  /// What was checked of each formulation; nil where none was.
  var formulationTable: TextTable? {
    let all = laws.flatMap(\.reports)
    var table = TextTable([
      ("formulation", .left), ("laws", .right), ("cases", .right), ("error/bound", .right),
      ("bits of 24", .right),
      ("", .left),
    ])
    for name in Formulations.primeField.map(\.name) {
      let own = all.filter { $0.instance.subject == name }
      if own.isEmpty { continue }
      let bits = own.first { $0.instance.property.id == "BE/\(name)@Float" }
        .flatMap { $0.report.observations.median(of: "bits") }
      table.append(row(name, own, bits: bits))
    }
    return table.rows.isEmpty ? nil : table
  }

  private func row(
    _ name: String, _ reports: [(instance: LawInstance, report: Report)], bits: Double?
  ) -> [String] {
    let ratio = reports.compactMap { $0.report.observations.maxima["error / bound"] }.max()
    return [
      name, "\(reports.count)", reports.map(\.report.held).reduce(0, +).grouped,
      ratio.map { "\(($0 * 1000).rounded() / 1000)" } ?? "",
      bits.map { "\(($0 * 10).rounded() / 10)" } ?? "",
      reports.allSatisfy(\.report.holds) ? "agrees" : "DIFFERS",
    ]
  }

  /// How near the kernels of a device come to the recurrence.
  private var deviceTable: String {
    let all = laws.flatMap(\.reports)
    var table = TextTable([
      ("kernel", .left), ("laws", .right), ("cases", .right), ("error/bound", .right),
      ("bits, at least", .right), ("", .left),
    ])
    let files = laws.first { $0.law.id == "CF" }?.reports ?? []
    for subject in files.map(\.instance.subject) {
      let own = all.filter { $0.instance.subject == subject }
      let error = own.flatMap(\.report.observations.maxima)
        .filter { $0.key.hasPrefix(CaseJudge.relativeError) }.map(\.value).max()
      // Full bits only.
      table.append(row(subject, own, bits: error.map { Double(-1 - $0.exponent) }))
    }
    return files.isEmpty ? "" : table.text
  }

  /// The first failure of each subject in full, the others by name.
  var failures: String {
    var told: Set<String> = []
    let command = verification.replayCommand.map { $0 + " " } ?? ""
    return laws.flatMap { law, reports in
      reports.compactMap { instance, report in
        failure(of: report).map { failure in
          told.insert(instance.subject).inserted
            ? "✗ \(report.id)  \(law.statement)\n\(failure)\n"
            : "✗ "
              + (report.counterexample.map { command + "--replay '\($0.replay)'" }
                ?? report.id + failure)
        }
      }
    }.joined(separator: "\n")
  }

  func failure(of report: Report) -> String? {
    guard let command = verification.replayCommand else { return report.failure }
    return report.failure { "\(command) --replay '\($0)'" }
  }

  /// What is wrong if every formulation disagrees with the definition.
  private var suspicion: String {
    let equivalences = laws.first { $0.law.id == "EQ" }?.reports ?? []
    return equivalences.count > 1 && equivalences.allSatisfy { !$0.report.holds }
      ? "Every formulation differs from the recurrence: suspect the recurrence." : ""
  }

  /// What is not checked here, and why; nil where everything is.
  var leftOut: String? {
    let laws = laws.map(\.law).filter { !$0.leftOut.isEmpty }
    if laws.isEmpty { return nil }
    let kernels = laws.flatMap(\.leftOut).unique.joined(separator: ", ")
    return "left out of \(laws.map(\.id).joined(separator: ", ")): \(kernels); \(MissingOpenBLAS())"
  }

  var summary: String {
    let reports = laws.flatMap(\.reports)
    let inexact = reports.filter(\.instance.isFloatingPoint)
      .map(\.report.held).reduce(0, +)
    let total = reports.map(\.report.held).reduce(0, +)
    let failed = reports.count { !$0.report.holds }
    let verdict =
      failed == 0 ? "everything holds" : "\(failed) of \(reports.count) checks FAIL"
    let shard = verification.shard == .whole ? "" : ", shard \(verification.shard.rawValue)"
    return
      "seed \(seed)\(shard): \((total - inexact).grouped) exact cases and \(inexact.grouped) in floating "
      + "point, \(laws.count) \(laws.count == 1 ? "law" : "laws") in \(reports.count) "
      + "\(reports.count == 1 ? "check" : "checks"): \(verdict)"
  }
}

extension Report {
  /// Why the property does not hold, or nil; with the lines that replay it on the processor.
  public var failure: String? {
    failure { replay in
      """
      deltanet-verify --replay '\(replay)'
            or: DELTANET_REPLAY='\(replay)' swift test --filter replayFromEnvironment
      """
    }
  }

  /// Why the property does not hold, or nil; with the command that replays it.
  public func failure(replayedBy command: (Replay) -> String) -> String? {
    switch verdict {
    case .holds:
      nil
    case .gaveUp:
      "  gave up: \(discarded) cases discarded, \(held) left"
    case .neverGenerated(let regimes):
      "  tested too little: never generated \(regimes.joined(separator: ", "))"
    case .fails(let found):
      """
        \(found.reason)
        smallest case: \(found.minimal)
        found after \(held) cases as: \(found.original.shortened)
        shrunk \(found.shrinks) times in \(found.attempts) attempts
        replay: \(command(found.replay))
      """
    }
  }
}

extension String {
  /// The beginning of a long text.
  fileprivate var shortened: String { count <= 300 ? self : prefix(300) + " …" }
}
