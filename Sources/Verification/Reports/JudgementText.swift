internal import Reporting

extension Judgement {
  /// A line for each tensor.
  var tensorTable: TextTable {
    var table = TextTable([
      ("tensor", .left), ("whole", .right), ("row", .right), ("element", .right),
      ("bias", .right), ("bits", .right), ("worst element", .left), ("", .left),
    ])
    for tensor in tensors {
      table.append([
        tensor.name, shown(tensor.whole), shown(tensor.row), shown(tensor.element),
        shown(tensor.bias),
        "\((tensor.bits * 10).rounded() / 10)",
        tensor.worstValue,
        tensor.isRight ? "right" : "WRONG",
      ])
    }
    return table
  }

  /// The verdict as a person reads it.
  public var text: String {
    """
    \(file.name): \(isRight ? "right" : "WRONG")
      claims \(file.precision.rawValue); errors over the largest that \(file.precision.rawValue) \
    excuses on this data, right up to 1
    \(tensorTable.text)
    \(diagnosis.map { "  → \($0.text)\n" }.joined())
    """
  }
}

extension Finding {
  /// The finding as a sentence.
  public var text: String {
    switch self {
    case .fault(let fault, let tensors, let distance):
      let thread = fault.thread.map { " (as in \($0))" } ?? ""
      return "\(listed(tensors)) what a kernel gives in which \(fault.summary), to "
        + "\(power(distance)): \(fault.rawValue)\(thread)"
    case .model(let model, let tensors, let distance):
      let place = model.name.replacing("-", with: " ")
      return "consistent with \(place): \(listed(tensors)) what float32 gives with that, to "
        + power(distance)
    case .precision(let precision):
      return "consistent with \(precision.rawValue): honest \(precision.rawValue) arithmetic makes "
        + "such errors"
    case .factor(let tensor, let factor, let distance):
      return "\(tensor) is \(Float(factor)) times what it should be, to \(power(distance))"
    case .place(let text): return text
    }
  }

  private func listed(_ tensors: [String]) -> String {
    tensors.joined(separator: " ") + (tensors.count == 1 ? " is" : " are")
  }

  private func power(_ distance: Double) -> String {
    distance == 0 ? "the last digit" : distance.scientific(1)
  }
}

extension TensorJudgement {
  /// The name of the worst element: `o[0, 12, 1, 5]`; of the tensor alone where it is empty.
  public var worst: String {
    worstElement.map { "\(name)[\($0.index.map { "\($0)" }.joined(separator: ", "))]" } ?? name
  }

  /// What stands there, and what should; nothing where the tensor is empty.
  var worstValue: String {
    worstElement.map { "\(worst) = \($0.value), exactly \($0.expected)" } ?? ""
  }
}

/// Two decimals; beyond a thousand it does not matter any more.
func shown(_ ratio: Double) -> String {
  ratio < 1000 ? "\((ratio * 100).rounded() / 100)" : "> 1000"
}
