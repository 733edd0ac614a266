internal import Reporting

extension Scorecard {
  /// A line for each case.
  var caseTable: TextTable {
    var table = TextTable([
      ("case", .left), ("claims", .left), ("forward", .left), ("gradients", .left),
      ("bits", .right), ("honest", .right), ("worst", .right), ("where", .left),
    ])
    for entry in entries {
      let tensors = entry.judgement?.tensors ?? []
      let least = tensors.min { $0.bits < $1.bits }
      let worst = tensors.max { $0.ratio < $1.ratio }
      table.append([
        entry.name, entry.claim,
        word(entry.verdict(on: CaseFile.forwardResults)),
        word(entry.verdict(on: CaseFile.gradients)),
        least.map { $0.bits.fixed(1) } ?? "", least.map { $0.honestBits.fixed(1) } ?? "",
        worst.map { shown($0.ratio) } ?? "", worst?.worst ?? "",
      ])
    }
    return table
  }

  /// A line for each regime.
  var regimeTable: TextTable {
    var table = TextTable([
      ("regime", .left), ("cases", .right), ("forward", .left), ("gradients", .left),
      ("bits, at least", .right), ("worst", .right), ("in", .left),
    ])
    for regime in regimes {
      let worst = regime.worst
      table.append([
        regime.name, "\(regime.entries.count)", word(regime.forward), word(regime.gradients),
        regime.bits.map { $0.fixed(1) } ?? "", worst.map { shown($0.tensor.ratio) } ?? "",
        worst.map { "\($0.tensor.name) of \($0.entry.name)" } ?? "",
      ])
    }
    return table
  }

  /// A line for each law and part.
  var lawTable: TextTable {
    var table = TextTable([
      ("law", .left), ("what must hold", .left), ("part", .left), ("of", .left), ("", .left),
      ("", .left),
    ])
    for law in laws {
      table.append([
        law.law.rawValue, law.law.statement, law.part, law.whole, law.nearness,
        law.isUnasked
          ? "not asked" : law.isMissing ? "missing" : law.holds ? "holds" : "FAILS",
      ])
    }
    return table
  }

  /// The bits over the tokens of each case that has more than eight, and is not another once more.
  var tokenTable: TextTable {
    var table = TextTable(
      [("case", .left), ("tensor", .left)] + (1...8).map { ("\($0)/8", .right) })
    let again = laws.filter { [.chunk, .repetition].contains($0.law) }.map(\.part)
    for entry in entries where !again.contains(entry.name) {
      for tensor in entry.judgement?.tensors ?? [] where tensor.bitsOverTokens.count == 8 {
        table.append([entry.name, tensor.name] + tensor.bitsOverTokens.map { $0.fixed(1) })
      }
    }
    return table
  }

  /// The verdict in a line.
  public var summary: String {
    func count(_ verdict: Verdict?) -> Int { entries.count { $0.verdict == verdict } }
    let asked = entries.count - count(nil)
    let missing = entries.map(\.missing.count).reduce(0, +)
    let broken = laws.count { !$0.holds }
    let parts =
      ["\(count(.right)) of \(counted(asked, "case")) right"]
      + (modest.isEmpty ? [] : ["\(modest.count) claiming less than their inputs' precision"])
      + (count(.wrong) > 0 ? ["\(count(.wrong)) wrong"] : [])
      + (missing > 0
        ? ["\(count(.incomplete)) incomplete, with \(counted(missing, "result")) missing"] : [])
      + (count(.rejected) > 0 ? ["\(count(.rejected)) rejected"] : [])
      + (count(nil) > 0 ? ["\(count(nil)) not asked"] : [])
      + (broken > 0 ? ["\(broken) of \(laws.count) comparisons across files fail"] : [])
    return "\(manifest.title): "
      + parts.joined(separator: ", ") + ": \(verdict.rawValue.uppercased())"
  }

  /// Cases that are wrong, those together whose diagnosis names the same mistakes, or none: what it says of the first, and
  /// the names of all.
  var mistakes: [(judgement: Judgement, cases: [String])] {
    var mistakes: [(names: [String], judgement: Judgement, cases: [String])] = []
    for entry in entries {
      guard let judgement = entry.judgement, !judgement.isRight else { continue }
      let names = judgement.diagnosis.compactMap(\.name)
      if let known = mistakes.firstIndex(where: { $0.names == names }) {
        mistakes[known].cases.append(entry.name)
      } else {
        mistakes.append((names, judgement, [entry.name]))
      }
    }
    return mistakes.map { ($0.judgement, $0.cases) }
  }

  private func word(_ verdict: Verdict?) -> String {
    switch verdict {
    case .right: "right"
    case .wrong: "WRONG"
    case .incomplete: "missing"
    case .rejected: "rejected"
    case nil: ""
    }
  }
}

extension Manifest {
  /// What was exported, in a line.
  var title: String {
    "profile \(profile.rawValue)\(isForwardOnly ? ", forward only" : ""), seed \(seed)"
  }
}

extension Scorecard.Entry {
  /// What the kernel claims, and what it was given where that is more precise; that nobody asked, where that is so.
  var claim: String {
    if case .notAsked = outcome { return "not asked" }
    guard let claimed = judgement?.file.precision else { return "" }
    return claimsLess ? "\(claimed.rawValue) of \(precision.rawValue)" : claimed.rawValue
  }
}

extension FileComparison {
  /// How near the results are to one another.
  fileprivate var nearness: String {
    if isMissing { return "" }
    if isBitwise { return "the same bits" }
    let differing = tensors.map(\.difference.differing).reduce(0, +)
    let count = tensors.map(\.difference.count).reduce(0, +)
    let furthest = tensors.min { $0.bits < $1.bits }
    return "\(differing.grouped) of \(count.grouped) elements differ"
      + (furthest.map { "; \($0.difference.tensor) agrees to \($0.bits.fixed(1)) bits" } ?? "")
  }
}
