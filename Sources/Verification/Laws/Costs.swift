import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let work = Law(
    "CO.work", "operation counts",
    "A formulation takes exactly the multiplications and additions that it documents, and no "
      + "division.",
    formula: "count(f; L, C, dk, dv) = the documented polynomials",
    theorem: "Proofs/Costs.md#costs",
    Checks(
      Formulations.counting.map { formulation in
        LawInstance(
          formulation.name, numbers: "operation counter", isExhaustive: true,
          Property("CO.work/\(formulation.name)", for: { CostShape(from: &$0) }) { shape, _ in
            let counts = try formulation.counts(for: shape)
            let cost = formulation.cost
            try require(
              "multiplications", counts.multiplications, equal: cost.multiplications, shape)
            try require("additions", counts.additions, equal: cost.additions, shape)
            guard counts.divisions == 0 else { throw Falsified("\(counts.divisions) divisions") }
          })
      }))

  static let depth = Law(
    "CO.depth", "critical path",
    "A formulation is exactly as deep as it documents: so many operations must follow one another.",
    formula: "depth(f; L, C, dk, dv) = the documented polynomial", theorem: "Proofs/Costs.md#costs",
    Checks(
      Formulations.timing.map { formulation in
        LawInstance(
          formulation.name, numbers: "critical path", isExhaustive: true,
          Property("CO.depth/\(formulation.name)", for: { CostShape(from: &$0) }) { shape, _ in
            let depth = try formulation.depth(for: shape)
            try require("depth", depth, equal: formulation.cost.depth, shape)
          })
      }))
}

/// The sizes that a cost depends on.
struct CostShape: CustomStringConvertible {
  let length: Int
  let chunkLength: Int
  let keyDimension: Int
  let valueDimension: Int

  init(length: Int, chunkLength: Int, keyDimension: Int, valueDimension: Int) {
    self.length = length
    self.chunkLength = chunkLength
    self.keyDimension = keyDimension
    self.valueDimension = valueDimension
  }

  /// A shape for which the polynomials of `Cost` are exact.
  init(from source: inout ChoiceSource) {
    self.init(
      length: source.element(of: [8, 16, 32]), chunkLength: source.element(of: [2, 4, 8]),
      keyDimension: source.element(of: [1, 2, 4, 8]),
      valueDimension: source.element(of: [1, 2, 3, 5]))
  }

  fileprivate func problem<Scalar: Ring>(
    over ring: Scalar.Type
  ) throws(ShapeError) -> Problem<Scalar> {
    try Problem(
      q: .zero(length, keyDimension), k: .zero(length, keyDimension),
      v: .zero(length, valueDimension), beta: .zero(length, 1), scale: .one,
      initialState: .zero(keyDimension, valueDimension))
  }

  /// What a documented polynomial is here.
  func value(of count: Cost.Count) -> Rational {
    count(
      Cost.variables(
        length: length, chunkLength: chunkLength, keyDimension: keyDimension,
        valueDimension: valueDimension))
  }

  var description: String {
    "L = \(length), C = \(chunkLength), dk = \(keyDimension), dv = \(valueDimension)"
  }
}

extension Formulation where Scalar == OperationCounter {
  /// The operations that this formulation takes.
  func counts(for shape: CostShape) throws(ShapeError) -> OperationCounts {
    let problem = try shape.problem(over: OperationCounter.self)
    return OperationCounter.counting { _ = solve(problem, chunkLength: shape.chunkLength) }
  }
}

extension Formulation {
  /// The operations of this formulation's backward pass, on whatever `Scalar` is made of.
  func backwardCounts(for shape: CostShape) throws(ShapeError) -> OperationCounts {
    let problem = try shape.problem(over: Scalar.self)
    let cotangent = Cotangent(o: problem.v, finalState: problem.initialState)
    return OperationCounter.counting {
      _ = gradient(of: problem, cotangent, chunkLength: shape.chunkLength)
    }
  }
}

extension Formulation where Scalar == CriticalPath {
  /// The depth of this formulation's deepest result.
  func depth(for shape: CostShape) throws(ShapeError) -> Int {
    let solution = solve(
      try shape.problem(over: CriticalPath.self), chunkLength: shape.chunkLength)
    return (solution.o.entries + solution.finalState.entries).map(\.depth).max() ?? 0
  }
}

private func require(
  _ name: String, _ measured: Int, equal documented: Cost.Count, _ shape: CostShape
) throws(Falsified) {
  let expected = shape.value(of: documented)
  guard Rational(measured) == expected else {
    throw Falsified("\(name): \(measured) measured, \(documented) = \(expected) documented")
  }
}
