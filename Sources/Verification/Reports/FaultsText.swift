import PropertyTesting
internal import Reporting

extension KillMatrix {
  /// The matrix as a person reads it; the same run gives the same text.
  public var text: String { table.text + "\n\n" + summary + "\n" }

  /// A line a fault, with the law that catches it soonest.
  var table: TextTable {
    var table = TextTable([
      ("fault", .left), ("a kernel in which", .left), ("as in", .left), ("laws", .right),
      ("soonest", .left), ("cases", .right), ("smallest case", .left),
    ])
    for row in rows {
      table.append([
        row.fault.rawValue, row.fault.summary, row.fault.thread ?? "", "\(row.kills.count)",
        row.quickest?.law ?? "SURVIVES", row.quickest.map { "\($0.cases)" } ?? "",
        row.quickest?.counterexample.size ?? "",
      ])
    }
    return table
  }

  var summary: String {
    let killed = rows.count { !$0.kills.isEmpty }
    let alarms =
      falseAlarms.isEmpty
      ? "every law holds for the same kernel without a fault"
      : "FALSE ALARMS by " + falseAlarms.map(\.law).joined(separator: " ")
    return "seed \(seed): \(killed) of \(rows.count) faults are caught; \(alarms)"
  }
}

extension Counterexample {
  /// The shape of the smallest case: what its text begins with, up to where the tensors begin.
  public var size: String {
    let line = minimal.prefix { $0 != "\n" }
    return String(line.firstRange(of: ", q").map { line[..<$0.lowerBound] } ?? line)
  }
}

extension [FaultDiagnosis] {
  /// One line a fault, with the case that gives it away and what the diagnosis calls it.
  public var text: String {
    var table = TextTable([
      ("fault", .left), ("rejected on", .left), ("diagnosed as", .left), ("", .left),
    ])
    for entry in self {
      table.append([
        entry.fault.rawValue, entry.rejectedOn ?? "PASSES", entry.named.joined(separator: " "),
        entry.isRight ? "right" : "",
      ])
    }
    let rejected = count { $0.rejectedOn != nil }
    return table.text
      + "\n\n\(rejected) of \(count) faults are rejected, \(count(where: \.isRight)) "
      + "of them named\n"
  }
}
