public import PropertyTesting
internal import Reporting

extension [Attack.Worst] {
  /// One case a line, the worst first, ready for a corpus: the replay, and the quantity behind it.
  public var text: String {
    sorted { $0.value > $1.value }.map { worst in
      let remark =
        worst.reason.map { "FAILS: \($0)" } ?? worst.value.fixed(4)
      return "\(worst.replay)  # \(remark)\n"
    }.joined()
  }
}
