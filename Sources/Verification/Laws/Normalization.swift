import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let normalization = Law(
    "GR.norm", "normalisation",
    "The backward pass of x / √(Σx² + ε) is the adjoint of its derivative, for any ε.",
    formula: "dx = (dy − (dy·y) y) / ℓ, ℓ² = Σ x² + ε",
    theorem: "Proofs/Normalization.md#normalization",
    [
      .construction(
        "GR.norm", "l2-norm", over: PrimeField.self, cases: 500,
        for: { source in
          let (rows, columns) = (source.dimension(1...3), source.dimension(1...4))
          func matrix(_ columns: Dimension) -> Matrix<PrimeField> {
            let entries = source.each(rows) { $0.each(columns) { PrimeField.drawn(from: &$0) } }
            return Matrix(
              rows: rows.count, columns: columns.count, entries: entries.flatMap { $0 })
          }
          let value = (
            x: matrix(columns), direction: matrix(columns), dy: matrix(columns),
            lengths: Matrix(rows.count, 1) { _, _ in PrimeField.drawn(from: &source) }
          )
          try source.assume(!value.lengths.entries.contains(.zero))
          return value
        }
      ) { value in
        // ε = ℓ² − Σx² makes any ℓ a length, and d(ℓ²) = 2 x·dx moves it.
        let (x, u, l) = (value.x, value.direction, value.lengths)
        let moving = x.moving(in: u)
        let lengths = Matrix(l.rows, 1) { i, _ in
          Dual(l[i, 0], tangent: x[row: i].pairing(u[row: i]) / l[i, 0])
        }
        let forwards = moving.rowsDivided(by: lengths).map(\.tangent).pairing(value.dy)
        let backwards = normalizationBackward(x, lengths: l, dy: value.dy).pairing(u)
        guard forwards == backwards else {
          throw Falsified("⟨dy, J u⟩ is \(forwards), ⟨dx, u⟩ is \(backwards)")
        }
      }
    ])

  static let normalizedBatches = Law(
    "GR.l2norm", "normalisation in the kernel",
    "Normalising queries and keys divides each row by √(Σx² + 10⁻⁶) and leaves all else alone, and the "
      + "gradient through it is the adjoint of its derivative.",
    formula: "y²·(Σ x² + 10⁻⁶) = x², |⟨c, J u⟩ − ⟨∇f, u⟩| ≤ 2⁻⁴⁸ Σ |terms|",
    theorem: "Proofs/Normalization.md#normalization",
    Checks(
      [
        normalizedBatches("batched") { drawn in
          try drawn.checkNormalization()
          try drawn.checkGradient()
        }
      ],
      about: { candidate in
        candidate.normalizing.map { kernel in
          normalizedBatches(kernel.name) { try $0.check(kernel) }
        }
      }))

  private static func normalizedBatches(
    _ subject: String, _ check: @escaping @Sendable (NormalizedCase) throws -> Void
  ) -> LawInstance {
    LawInstance(
      "l2-norm", numbers: "106 bits",
      Property(
        "GR.l2norm/\(subject)", cases: 300, requiring: ["head groups above 1", "tiny rows"],
        for: { try NormalizedCase(from: &$0) }
      ) { drawn, seen in
        seen.label("head groups above 1", if: drawn.problem.headCount > drawn.problem.k.shape[2])
        seen.label("tiny rows", if: drawn.hasTinyRows)
        try check(drawn)
      })
  }
}

/// A batched problem with rows near and below √ε, and a direction to move queries and keys in.
private struct NormalizedCase: CustomStringConvertible {
  typealias Number = DoubleDouble

  let problem: BatchedProblem<Number>
  let directionQ: Tensor<Number>
  let directionK: Tensor<Number>
  let hasTinyRows: Bool

  init(from source: inout ChoiceSource) throws {
    let (L, keyHeads) = (source.integer(in: 1...3), source.integer(in: 1...2))
    let heads = keyHeads * source.integer(in: 1...2)
    let (dk, dv) = (source.integer(in: 1...3), source.integer(in: 1...2))
    hasTinyRows = source.oneIn(2)
    func tensor(_ shape: [Int], unit: Double = 0x1p-20) -> Tensor<Number> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in
          Number(Double(source.integer(in: -(1 << 20)...1 << 20)) * unit)
        })
    }
    let unit = hasTinyRows ? 0x1p-30 : 0x1p-20
    problem = try BatchedProblem(
      q: tensor([1, L, keyHeads, dk], unit: unit), k: tensor([1, L, keyHeads, dk], unit: unit),
      v: tensor([1, L, heads, dv]), beta: tensor([1, L, heads], unit: 0x1p-19), scale: Number(0.5),
      initialState: tensor([1, heads, dk, dv]))
    directionQ = tensor(problem.q.shape)
    directionK = tensor(problem.k.shape)
  }

  /// Holds every row against ε, without a square root.
  func checkNormalization() throws {
    let normalized = problem.normalizingQueriesAndKeys()
    guard normalized.v == problem.v, normalized.beta == problem.beta,
      normalized.initialState == problem.initialState
    else { throw Falsified("v, beta or initial_state changed") }
    let width = problem.q.shape[3]
    for (name, x, y) in [
      ("q", problem.q.elements, normalized.q.elements),
      ("k", problem.k.elements, normalized.k.elements),
    ] {
      for i in x.indices {
        let row = i / width * width..<(i / width + 1) * width
        let square = row.reduce(Number(1e-6)) { $0 + x[$1] * x[$1] }
        let error = (y[i] * y[i] * square - x[i] * x[i]).double
        guard abs(error) <= 0x1p-90 * (x[i] * x[i]).double else {
          throw Falsified("\(name) element \(i): \(x[i].double) became \(y[i].double)")
        }
      }
    }
  }

  /// The values and the initial state serve as cotangent.
  private var cotangent: BatchedSolution<Number> {
    BatchedSolution(o: problem.v, finalState: problem.initialState)
  }

  /// Holds a kernel that normalises against normalisation and the recurrence.
  func check(_ kernel: Kernel<Number>) throws {
    let solution = try kernel.solve(problem, 2)
    let gradient = try kernel.gradient(problem, cotangent, 2)
    let operands = problem.normalizingQueriesAndKeys()
    let expected = operands.solve { recurrence($0) }
    let expectedGradient = problem.normalizationBackward(
      try operands.gradient(cotangent) { recurrenceBackward($0, $1) })
    for (name, found, wanted) in [
      ("o", solution.o, expected.o), ("final_state", solution.finalState, expected.finalState),
      ("dq", gradient.dq, expectedGradient.dq), ("dk", gradient.dk, expectedGradient.dk),
      ("dv", gradient.dv, expectedGradient.dv), ("dbeta", gradient.dbeta, expectedGradient.dbeta),
      ("dh0", gradient.dh0, expectedGradient.dh0),
    ] {
      let size = wanted.elements.map { abs($0.double) }.max() ?? 0
      for (i, (x, y)) in zip(found.elements, wanted.elements).enumerated() {
        // 106 bits of which a few tokens cannot lose half.
        guard abs((x - y).double) <= 0x1p-50 * size else {
          throw Falsified("\(name) element \(i) is \(x.double), exactly \(y.double)")
        }
      }
    }
  }

  func checkGradient() throws {
    let gradient = problem.normalizationBackward(
      try problem.normalizingQueriesAndKeys().gradient(cotangent) { recurrenceBackward($0, $1) })
    func moving(_ x: Tensor<Number>, _ u: Tensor<Number>) -> Tensor<Dual<Number>> {
      Tensor(
        shape: x.shape, elements: zip(x.elements, u.elements).map { Dual($0, tangent: $1) })
    }
    let moved = try BatchedProblem<Dual<Number>>(
      q: moving(problem.q, directionQ), k: moving(problem.k, directionK),
      v: problem.v.map { Dual($0) }, beta: problem.beta.map { Dual($0) },
      scale: Dual(problem.scale), initialState: problem.initialState.map { Dual($0) }
    ).normalizingQueriesAndKeys().solve { recurrence($0) }
    func products(_ x: Tensor<Number>, _ y: Tensor<Number>) -> [Double] {
      zip(x.elements, y.elements).map { ($0 * $1).double }
    }
    let forwards =
      products(moved.o.map(\.tangent), cotangent.o)
      + products(moved.finalState.map(\.tangent), cotangent.finalState)
    let backwards = products(gradient.dq, directionQ) + products(gradient.dk, directionK)
    let difference = forwards.reduce(0, +) - backwards.reduce(0, +)
    let size = (forwards + backwards).reduce(0) { $0 + abs($1) }
    // The products are summed in Double: 2⁻⁴⁸ for at most 32 of them.
    guard abs(difference) <= 0x1p-48 * size else {
      throw Falsified("forwards and backwards differ by \(difference), of terms of size \(size)")
    }
  }

  var description: String {
    func shown(_ x: Tensor<Number>) -> String { "\(x.shape) \(x.elements.map(\.double))" }
    return
      "\(shape(of: problem)), q \(shown(problem.q)), k \(shown(problem.k)), v \(shown(problem.v)), "
      + "beta \(shown(problem.beta)), initial_state \(shown(problem.initialState))"
  }
}
