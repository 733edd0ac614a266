import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let errorGrowth = Law(
    "NE.growth", "growth of rounding errors",
    "Where β|k|² is between 0 and 2, the error of a stable formulation is at most as many times the bound "
      + "for the recurrence as it documents.",
    formula: "‖fl(f)(x) − f(x)‖ ≤ growth(L, C, κ(I + A)) · B, B the recurrence's bound",
    theorem: "Proofs/RoundingErrors.md#error-growth",
    Checks(
      Formulations.float.filter { $0.cost.growth.error.isStable }.map { formulation in
        LawInstance(
          formulation.name, numbers: "Float",
          Property(
            "NE.growth/\(formulation.name)", cases: 60, requiring: ContractiveCase.regimes,
            for: { try ContractiveCase(from: &$0) }
          ) { drawn, seen in
            let result = formulation.solve(drawn.problem, chunkLength: drawn.chunkLength)
            try drawn.check(
              result, growing: formulation.cost.growth.error, loss: .float, &seen)
          })
      }))

  static let modelErrorGrowth = Law(
    "NE.model", "growth of rounding errors of mixed precision",
    "A chunk kernel that rounds to a narrow format keeps the bound of that format.",
    formula: "‖fl(f)(x) − f(x)‖ ≤ (C + 2)·κ(I + A) · B, u three times that of the coarsest place",
    theorem: "Proofs/RoundingErrors.md#error-growth",
    Checks(
      [PrecisionModel.float32, .tf32, .truncatedTF32, .bfloat16, .float16].map { model in
        let formulation = PrecisionModel.inFloat(model)
        return LawInstance(
          model.name, numbers: "mixed precision",
          Property(
            "NE.model/\(model.name)", cases: 60, requiring: ContractiveCase.regimes,
            for: { try ContractiveCase(from: &$0) }
          ) { drawn, seen in
            let result = formulation.solve(drawn.problem, chunkLength: drawn.chunkLength)
            try drawn.check(
              result, growing: Cost.Error(inverse: .ofChunk), loss: model.loss, &seen)
          })
      }))

  static let kernelErrorGrowth = kernelErrorGrowth(
    grown(BatchKernel<Float>.onProcessor), .withoutOpenBLAS)

  static func kernelErrorGrowth(_ checks: Checks...) -> Law {
    Law(
      "NE.kernels", "growth of rounding errors of kernels",
      "Kernels keep the bound for the recurrence, or for chunks; the processor's fused recurrence for chunks of two "
        + "tokens.",
      formula: "‖fl(f)(x) − f(x)‖ ≤ (C + 2)·κ(I + A) · B; ≤ B token by token",
      theorem: "Proofs/RoundingErrors.md#error-growth", checks)
  }

  static func grown(_ kernels: [BatchKernel<Float>]) -> Checks {
    Checks(
      kernels.map { kernel in
        LawInstance(
          kernel.name, numbers: "Float",
          Property(
            "NE.kernels/\(kernel.name)", cases: 60, requiring: ContractiveCase.regimes,
            for: { try ContractiveCase(from: &$0) }
          ) { drawn, seen in
            let problem = drawn.problem
            let solution = try kernel.solve(
              BatchedProblem(problem), .init(chunkLength: drawn.chunkLength))
            let (growth, chunkLength) = kernel.growth(drawn.chunkLength)
            try drawn.check(
              Solution(
                o: Matrix(
                  rows: problem.length, columns: problem.valueDimension,
                  entries: solution.o.elements),
                finalState: Matrix(
                  rows: problem.keyDimension, columns: problem.valueDimension,
                  entries: solution.finalState.elements)),
              growing: growth, loss: kernel.loss, chunkLength: chunkLength, &seen)
          })
      })
  }

  static let drift = Law(
    "NE.drift", "no drift",
    "Over 16,384 tokens with unit keys the error of the last quarter is no larger than twice that of the "
      + "first.",
    formula: "rms error of o over tokens 12289…16384 ≤ 2 that over tokens 1…4096",
    theorem: "Proofs/RoundingErrors.md#error-growth",
    Checks(
      Formulations.float.filter { ["recurrence", "chunkwise"].contains($0.name) }.map {
        formulation in
        LawInstance(
          formulation.name, numbers: "Float",
          Property("NE.drift/\(formulation.name)", cases: 1, for: { $0.choose(through: .max) }) {
            seed, _ in
            let problem = try longProblem(seed: seed)
            let o = formulation.solve(problem, chunkLength: 64).o
            let exact = recurrence(problem.map { Double($0) }).o
            let quarters = problem.chunks(of: problem.length / 4).map { tokens in
              rootMeanSquare(
                zip(o[rows: tokens].entries, exact[rows: tokens].entries)
                  .map { abs(Double($0) - $1) })
            }
            guard quarters[3] <= 2 * quarters[0] else {
              throw Falsified("the quarters of the tokens have errors \(quarters)")
            }
          })
      }))

  /// 16,384 tokens of four features with unit keys and β up to 2.
  private static func longProblem(seed: UInt64) throws -> Problem<Float> {
    var random = Xoshiro256(seed: seed)
    let (L, d) = (16 * 1024, 4)
    func matrix(_ columns: Int, _ range: ClosedRange<Float>) -> Matrix<Float> {
      Matrix(L, columns) { _, _ in
        let unit = Float(random.next() >> 40) * 0x1p-24
        return range.lowerBound + unit * (range.upperBound - range.lowerBound)
      }
    }
    let k = matrix(d, -1...1)
    return try Problem(
      q: matrix(d, -1...1),
      k: Matrix(
        rows: L, columns: d,
        entries: (0..<L).flatMap { t in
          let row = k[row: t].entries
          return row.map { $0 / row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        }),
      v: matrix(d, -1...1), beta: matrix(1, 0...2), scale: 1, initialState: .zero(d, d))
  }
}

/// A problem in Float with β|k|² between 0 and 2, its exact solution, and the recurrence's error bound.
private struct ContractiveCase: CustomStringConvertible {
  private static let keyRegimes: [KeyRegime] = [
    .independent, .identical, .alternating, .nearlyParallel,
  ]
  private static let strengths = ["any β|k|² ≤ 2", "β|k|² = 1", "β|k|² = 2"]
  static let regimes = keyRegimes.map(\.rawValue) + strengths

  let problem: Problem<Float>
  let chunkLength: Int
  private let regimes: [String]
  private let exact: Solution<Double>

  init(from source: inout ChoiceSource) throws {
    chunkLength = source.element(of: [1, 2, 4, 8, 16])
    let tokens = source.dimension(0...40, favouring: [chunkLength, 3 * chunkLength + 1])
    let (keyFeatures, valueFeatures) = (source.dimension(1...4), source.dimension(1...3))
    let (dk, dv, L) = (keyFeatures.count, valueFeatures.count, tokens.count)
    let regime = source.element(of: Self.keyRegimes)
    let strength = source.element(of: Self.strengths)
    regimes = [regime.rawValue, strength]
    func number(_ source: inout ChoiceSource) -> Double {
      Double(source.integer(in: -(1 << 12)...1 << 12)) * 0x1p-12
    }
    func row(_ features: Dimension, _ source: inout ChoiceSource) -> [Double] {
      source.each(features) { number(&$0) }
    }
    let state = source.each(keyFeatures) { row(valueFeatures, &$0) }
    let rows = source.each(tokens) { source in
      (
        q: row(keyFeatures, &source), k: row(keyFeatures, &source), v: row(valueFeatures, &source),
        strength: Double(source.integer(in: 0...1 << 12)) * 0x1p-12
      )
    }
    func unit(_ row: [Double]) -> [Double] {
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return length == 0 ? row : row.map { $0 / length }
    }
    let first = rows.first.map { unit($0.k) } ?? []
    let keys = rows.enumerated().map { t, row -> [Double] in
      switch regime {
      case .identical: first
      case .alternating: first.map { t % 2 == 0 ? $0 : -$0 }
      case .nearlyParallel: unit(zip(first, row.k).map { $0 + $1 * 0x1p-10 })
      default: unit(row.k)
      }
    }
    func floats(_ columns: Int, _ entries: [[Double]]) -> Matrix<Float> {
      Matrix(
        rows: entries.count, columns: columns, entries: entries.flatMap { $0.map { Float($0) } })
    }
    let k = floats(dk, keys)
    problem = try Problem(
      q: floats(dk, rows.map(\.q)), k: k, v: floats(dv, rows.map(\.v)),
      beta: Matrix(L, 1) { t, _ in
        // As near to the limit as it may be where keys are rounded.
        let square = k[row: t].entries.reduce(0.0) { $0 + Double($1) * Double($1) }
        let wanted =
          switch strength {
          case "β|k|² = 1": 1.0
          case "β|k|² = 2": 2.0
          default: 2 * rows[t].strength
          }
        return Float(square == 0 ? wanted : min(wanted, wanted / square)).nextDown
      }.map { max(0, $0) },
      scale: 1, initialState: floats(dv, state))
    exact = recurrence(problem.map { Double($0) })
  }

  /// Holds the error of every output and of the final state against the bound for the recurrence, times what a
  /// formulation documents.
  func check(
    _ result: Solution<Float>, growing growth: Cost.Error, loss: Loss,
    chunkLength: Int? = nil, _ seen: inout Observations
  ) throws(Falsified) {
    for regime in regimes { seen.label(regime) }
    let (bounds, factor) = (recurrenceBounds(loss), factor(growth, chunkLength ?? self.chunkLength))
    func hold(_ name: String, _ found: Matrix<Float>, _ exact: Matrix<Double>, _ bound: Double)
      throws(Falsified)
    {
      let error = norm(found.map { Double($0) } - exact)
      guard error <= bound * factor else {
        throw Falsified("\(name) is off by \(error), its bound is \(bound * factor)")
      }
      if error > 0 { seen.record("error / bound", error / (bound * factor)) }
    }
    for t in 0..<problem.length {
      try hold("o[\(t)]", result.o[row: t], exact.o[row: t], bounds.o[t])
    }
    try hold("final_state", result.finalState, exact.finalState, bounds.finalState)
  }

  private func factor(_ growth: Cost.Error, _ chunkLength: Int) -> Double {
    let inverse =
      switch growth.inverse {
      case .none: 1.0
      case .ofChunk: condition(chunkLength)
      case .ofSequence: condition(max(1, problem.length))
      case .byPowers: Double.infinity
      }
    return inverse * (growth.formsTransitions ? Double(problem.keyDimension + 2) : 1)
  }

  /// (n + 2) κ(I + A), the largest of all chunks of n tokens.
  private func condition(_ n: Int) -> Double {
    let problem = problem.map { Double($0) }
    let conditions = problem.chunks(of: n).map {
      conditionNumber(keyOverlaps(k: problem.k[rows: $0], beta: problem.beta[rows: $0]))
    }
    return Double(n + 2) * max(1, conditions.max() ?? 1)
  }

  /// The first-order bounds of the recurrence, by the standard model and because no step expands.
  ///
  ///     ‖δx_t‖ ≤ (dk + 2) u β (|v| + |k|‖S‖)
  ///     ‖δS_t‖ ≤ ‖δS_{t−1}‖ + |k|‖δx_t‖ + u |k||x| + u ‖S_t‖
  ///     ‖δo_t‖ ≤ |q| (‖δS_t‖ + (dk + 1) u ‖S_t‖)
  private func recurrenceBounds(_ loss: Loss) -> (o: [Double], finalState: Double) {
    let problem = problem.map { Double($0) }
    var S = problem.initialState
    var deltaS = 0.0
    var deltaO: [Double] = []
    let n = Double(problem.keyDimension)
    let size = n * Double(problem.valueDimension)
    for t in 0..<problem.length {
      let (q, k, v) = (problem.q[row: t], problem.k[row: t], problem.v[row: t])
      let beta = problem.beta[t, 0]
      let x = beta * (v - k * S)
      // What underflows loses a quantum, which what it is multiplied with may make larger.
      let underflow = size * loss.quantum * (1 + norm(S) + norm(x) + norm(v))
      let deltaX = (n + 2) * (loss.u * beta * (norm(v) + norm(k) * norm(S)) + underflow)
      S += k.transposed * x
      deltaS += norm(k) * deltaX + loss.u * (norm(k) * norm(x) + norm(S)) + 2 * underflow
      deltaO.append(norm(q) * (deltaS + (n + 1) * loss.u * norm(S)) + (n + 1) * underflow)
    }
    // One in a thousand pays for the terms of higher order.
    return (deltaO.map { 1.001 * $0 }, 1.001 * deltaS)
  }

  var description: String { describe(problem) + ", C = \(chunkLength)" }
}

/// What one operation may lose: u of its result, and a quantum where that underflows.
struct Loss {
  let u: Double
  let quantum: Double

  static let float = Loss(
    u: FloatFormat.binary32.unitRoundoff, quantum: FloatFormat.binary32.leastNonzeroMagnitude)
}

extension PrecisionModel {
  /// Both operands and the result of a product are rounded; dropping bits loses twice what rounding to nearest
  /// does.
  var loss: Loss {
    let times = rounding == .towardZero ? 6.0 : 3
    return Loss(
      u: times * unitRoundoff,
      quantum: times * (Self.places.map { self[keyPath: $0].leastNonzeroMagnitude }.max() ?? 0))
  }
}

/// The Euclidean norm of all entries.
func norm(_ x: Matrix<Double>) -> Double {
  x.entries.reduce(0) { $0 + $1 * $1 }.squareRoot()
}
