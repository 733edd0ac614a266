internal import Reporting

extension Scorecard {
  /// The scorecard as a page to attach to a pull request.
  public var markdown: String {
    var sections = [
      """
      # The delta rule: \(verdict.rawValue)

      \(summary)

      Every element of every result is compared with the recurrence in at least twice the claimed precision. The *worst* is the
      largest error over what honest arithmetic of that precision excuses on the same data: right up to 1. *Bits* are those of the
      least accurate result, and *honest* what the least accurate of the honest kernels has there.
      """,
      "## Cases\n\n\(caseTable.markdown)",
      "## Regimes\n\n\(regimeTable.markdown)",
    ]
    if !laws.isEmpty { sections.append("## Laws across files\n\n\(lawTable.markdown)") }
    sections.append(
      """
      ## Bits over the tokens

      <details><summary>In eight equal parts of the sequences, from the first tokens to the last</summary>

      \(tokenTable.markdown)

      </details>
      """)
    if !mistakes.isEmpty {
      let findings = mistakes.map { judgement, cases in
        "### \(cases.joined(separator: ", "))\n\n\(judgement.tensorTable.markdown)\n\n"
          + judgement.diagnosis.map { "- \($0.text)\n" }.joined()
      }
      sections.append("## What is wrong\n\n" + findings.joined(separator: "\n"))
    }
    if !rejections.isEmpty {
      sections.append("## Rejected files\n\n" + rejections.map { "- \($0)\n" }.joined())
    }
    sections.append(
      """
      ---
      `deltanet-verify export --profile \(manifest.profile.rawValue) --seed \(manifest.seed)\
      \(manifest.isForwardOnly && !manifest.profile.isForwardOnly ? " --forward-only" : "") --out DIR`, \
      then `deltanet-verify check DIR`.
      """)
    return sections.joined(separator: "\n\n") + "\n"
  }
}
