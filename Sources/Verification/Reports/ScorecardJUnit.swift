internal import Reporting

extension Scorecard {
  /// The scorecard as JUnit's XML: a test for each result of each case, and for each comparison across files. What is
  /// missing is an error.
  public var junit: String {
    let cases = entries.flatMap(\.tests)
    let comparisons = laws.compactMap(\.test)
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="\(manifest.title)">
      \(suite("cases", cases))
      \(suite("laws across files", comparisons))
      </testsuites>

      """
  }

  private func suite(_ name: String, _ tests: [Test]) -> String {
    let head =
      "  <testsuite name=\"\(name)\" tests=\"\(tests.count)\" "
      + "failures=\"\(tests.count { $0.failure != nil })\" errors=\"\(tests.count { $0.error != nil })\">"
    return ([head] + tests.map(\.element) + ["  </testsuite>"]).joined(separator: "\n")
  }

  fileprivate struct Test {
    let group: String
    let name: String
    var failure: String?
    var error: String?

    var element: String {
      let head = "    <testcase classname=\"\(group.xmlEscaped)\" name=\"\(name.xmlEscaped)\""
      func verdict(_ kind: String, _ message: String) -> String {
        "\(head)>\n      <\(kind) message=\"\(message.xmlEscaped)\"/>\n    </testcase>"
      }
      return failure.map { verdict("failure", $0) } ?? error.map { verdict("error", $0) } ?? head
        + "/>"
    }
  }
}

extension Scorecard.Entry {
  fileprivate var tests: [Scorecard.Test] {
    if case .rejected(let error) = outcome {
      return [Scorecard.Test(group: name, name: "inputs", error: "\(error)")]
    }
    let judged = (judgement?.tensors ?? []).map { tensor in
      Scorecard.Test(
        group: name, name: "\(tensor.name), claiming \(claim)",
        failure: tensor.isRight
          ? nil
          : "error over what is excused: \(shown(tensor.ratio)); \(tensor.worstValue)")
    }
    return judged + missing.map { Scorecard.Test(group: name, name: $0, error: "is missing") }
  }
}

extension FileComparison {
  /// Nil where nobody asked.
  fileprivate var test: Scorecard.Test? {
    if isUnasked { return nil }
    let ratio = tensors.map(\.ratio).max() ?? 0
    return Scorecard.Test(
      group: law.rawValue, name: "\(part) of \(whole)",
      failure: holds ? nil : "difference over what is excused: \(shown(ratio))",
      error: isMissing ? "there is nothing to compare" : nil)
  }
}
