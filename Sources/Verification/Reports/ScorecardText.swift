internal import Reporting

extension Scorecard {
  /// The scorecard as a person reads it in a terminal.
  public var text: String {
    let mistakes = mistakes.map { judgement, cases in
      judgement.text
        + (cases.count > 1
          ? "  \(judgement.diagnosis.contains { $0.name != nil } ? "the same mistake" : "wrong, too"): \(cases.dropFirst().joined(separator: " "))\n"
          : "")
    }
    return
      ([caseTable.text, regimeTable.text] + (laws.isEmpty ? [] : [lawTable.text]) + mistakes
      + [summary]).joined(separator: "\n\n") + "\n"
  }
}
