import Algebra
import DeltaRule
import PropertyTesting
internal import Reporting

/// What there is: every law and every formulation, and what the formulations cost.
public func catalogueText() throws -> String {
  let shape = CostShape(length: 64, chunkLength: 16, keyDimension: 16, valueDimension: 16)
  let laws = Law.all.map { law in
    let regimes = law.instances.first?.property.requiredLabels ?? []
    return """
        \(law.id)  \(law.title)
          \(law.statement)
          \(law.formula)
          theorem: \(law.theorem)
      """ + (regimes.isEmpty ? "" : "\n    regimes: \(regimes.joined(separator: ", "))")
  }
  let formulations = Formulations.primeField.map { form in
    """
      \(form.name)\(form.isChunked ? " (in chunks)" : "")
        work            \(form.cost.growth.work), depth \(form.cost.growth.depth)
        multiplications \(form.cost.multiplications)
        additions       \(form.cost.additions)
        depth           \(form.cost.depth)
    """
  }
  let models = PrecisionModel.all.map(\.name).joined(separator: " ")
  return """
    Laws

    \(laws.joined(separator: "\n\n"))

    Formulations (N = L/C, lg = log₂)

    \(formulations.joined(separator: "\n\n"))

    Precision models

      \(models)

    Measured for \(shape)

    \(try measuredCosts(shape).text)

    """
}

/// What the counting scalars find for one shape: the solution, its gradient, and a Hessian-vector product
/// (the backward pass on dual numbers).
private func measuredCosts(_ shape: CostShape) throws(ShapeError) -> TextTable {
  var table = TextTable([
    ("", .left), ("multiplications", .right), ("additions", .right), ("depth", .right),
    ("× gradient", .right), ("× second order", .right), ("memory backwards, as documented", .left),
  ])
  for (n, counting) in Formulations.counting.enumerated() {
    let counts = try counting.counts(for: shape)
    let backward = try counting.backwardCounts(for: shape).multiplications
    let second = try Formulations.dualCounting[n].backwardCounts(for: shape).multiplications
    table.append([
      counting.name, counts.multiplications.grouped, counts.additions.grouped,
      try Formulations.timing[n].depth(for: shape).grouped, backward.grouped, second.grouped,
      counting.cost.growth.memory,
    ])
  }
  return table
}
