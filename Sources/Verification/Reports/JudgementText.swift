extension Judgement {
  /// The verdict as a person reads it.
  public var text: String {
    var table = TextTable([
      ("tensor", .left), ("whole", .right), ("row", .right), ("element", .right),
      ("worst element", .left), ("", .left),
    ])
    for tensor in tensors {
      table.append([
        tensor.name, shown(tensor.whole), shown(tensor.row), shown(tensor.element),
        "\(tensor.worst) = \(tensor.worstValue), exactly \(tensor.worstExpected)",
        tensor.isRight ? "right" : "WRONG",
      ])
    }
    let limits = TensorJudgement.limits
    table.append([
      "(at most)", shown(limits.whole), shown(limits.row), shown(limits.element), "", "",
    ])
    let unjudged =
      file.unjudged.isEmpty
      ? "" : "\n  not judged: \(file.unjudged.joined(separator: " "))"
    return """
      \(file.name): \(isRight ? "right" : "WRONG")
        claims \(file.precision.rawValue); errors in units of what honest \(file.precision.rawValue) \
      kernels make on the same data
      \(table.text)\(unjudged)

      """
  }
}

extension TensorJudgement {
  /// The name of the worst element: `o[0, 12, 1, 5]`.
  public var worst: String {
    "\(name)[\(worstIndex.map { "\($0)" }.joined(separator: ", "))]"
  }
}

/// Two decimals; beyond a thousand it does not matter any more.
private func shown(_ ratio: Double) -> String {
  ratio < 1000 ? "\((ratio * 100).rounded() / 100)" : "> 1000"
}
