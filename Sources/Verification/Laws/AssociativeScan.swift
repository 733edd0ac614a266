import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let monoid = Law(
    "MO", "transition monoid",
    "Transitions under composition are a monoid that acts on states, and the scan folds it.",
    formula: "(a∘b)∘c = a∘(b∘c), 1∘a = a = a∘1, (a∘b)(S) = a(b(S)), scan = fold",
    theorem: "Proofs/AssociativeScan.md#transition-monoid",
    [
      .construction("MO", "associativity", over: PrimeField.self, cases: 400, for: transitions) {
        let (a, b, c) = ($0.items[0], $0.items[1], $0.items[2])
        try require(
          a.after(b).after(c), equals: a.after(b.after(c)), "the other order of brackets")
      },
      .construction("MO", "identity", over: PrimeField.self, cases: 200, for: transitions) {
        let a = $0.items[0]
        let one = Transition<PrimeField>.identity(
          keyDimension: a.B.rows, valueDimension: a.B.columns)
        try require(one.after(a), equals: a, "a itself")
        try require(a.after(one), equals: a, "a itself")
      },
      .construction("MO", "action", over: PrimeField.self, cases: 200, for: transitions) {
        let (a, b, state) = ($0.items[0], $0.items[1], $0.items[2].B)
        try require("state", a.after(b)(state), equals: a(b(state)), "one after the other it")
      },
      .construction(
        "MO", "scan", over: PrimeField.self, cases: 400,
        for: scalarBeta
      ) { drawn in
        let problem = drawn.problem
        let steps = (0..<problem.length).map {
          Transition(k: problem.k[row: $0], v: problem.v[row: $0], beta: problem.beta[row: $0])
        }
        let scanned = inclusiveScan(steps) { $0.after($1) }
        guard scanned.count == steps.count else {
          throw Falsified("\(scanned.count) prefixes of \(steps.count) transitions")
        }
        var folded = Transition<PrimeField>.identity(
          keyDimension: problem.keyDimension, valueDimension: problem.valueDimension)
        for (step, prefix) in zip(steps, scanned) {
          folded = step.after(folded)
          try require(prefix, equals: folded, "the fold")
        }
      },
    ])

  private struct Transitions: Sendable, CustomStringConvertible {
    let items: [Transition<PrimeField>]

    var description: String { items.map { "(A = \($0.A), B = \($0.B))" }.joined(separator: ", ") }
  }

  @Sendable
  private static func transitions(_ source: inout ChoiceSource) throws -> Transitions {
    let (dk, dv) = (source.dimension(1...3), source.dimension(1...3))
    func matrix(_ columns: Dimension) -> Matrix<PrimeField> {
      let rows = source.each(dk) { $0.each(columns) { PrimeField.drawn(from: &$0) } }
      return Matrix(
        rows: dk.count, columns: columns.count, entries: rows.flatMap { $0 })
    }
    return Transitions(items: (0..<3).map { _ in Transition(A: matrix(dk), B: matrix(dv)) })
  }
}

private func require(
  _ actual: Transition<PrimeField>, equals expected: Transition<PrimeField>, _ origin: String
) throws {
  try require("A", actual.A, equals: expected.A, origin)
  try require("B", actual.B, equals: expected.B, origin)
}
