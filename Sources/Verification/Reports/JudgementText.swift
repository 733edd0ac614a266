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
        tensor.worstElement.map { "\(tensor.worst) = \($0.value), exactly \($0.expected)" } ?? "",
        tensor.isRight ? "right" : "WRONG",
      ])
    }
    return """
      \(file.name): \(isRight ? "right" : "WRONG")
        claims \(file.precision.rawValue); errors over the largest that \(file.precision.rawValue) \
      excuses on this data, right up to 1
      \(table.text)

      """
  }
}

extension TensorJudgement {
  /// The name of the worst element: `o[0, 12, 1, 5]`; of the tensor alone where it is empty.
  public var worst: String {
    worstElement.map { "\(name)[\($0.index.map { "\($0)" }.joined(separator: ", "))]" } ?? name
  }
}

/// Two decimals; beyond a thousand it does not matter any more.
private func shown(_ ratio: Double) -> String {
  ratio < 1000 ? "\((ratio * 100).rounded() / 100)" : "> 1000"
}
