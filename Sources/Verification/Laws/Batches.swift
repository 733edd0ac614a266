import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let packing = Law(
    "VL", "packing",
    "Packed sequences give what they give one by one, and empty ones do nothing.",
    formula: "f(x₁ ++ … ++ x_N | cu_seqlens) = f(x₁) ++ … ++ f(x_N)",
    theorem: "Proofs/Sequences.md#packing",
    batches(
      "VL", packed: true,
      requiring: ["an empty sequence", "sequences of different lengths", "head groups above 1"]))

  static let headMapping = Law(
    "HM", "head mapping",
    "Heads do not see each other, and value head h reads key head ⌊h / (H/Hk)⌋.",
    formula: "f(x)[b, :, h] = f(q[b, :, h′], k[b, :, h′], v[b, :, h], β[b, :, h]), h′ = ⌊h·Hk/H⌋",
    theorem: "Proofs/Sequences.md#packing",
    batches(
      "HM", packed: false, requiring: ["head groups 1", "head groups above 1", "dk ≠ dv"]))

  static let batchedGradient = Law(
    "GR.batch", "gradients of batches",
    "The gradient of a batch is that of its heads, and what the heads of a group send to the queries "
      + "and keys they share adds up.",
    formula: "dk[b, :, h′] = Σ_{h: ⌊h·Hk/H⌋ = h′} dk of head h",
    theorem: "Proofs/Sequences.md#packing",
    LawInstance.candidates(
      "GR.batch", cases: 200,
      requiring: ["an empty sequence", "head groups above 1", "head groups 1"],
      for: { source in
        let batch = try BatchCase<PrimeField>(from: &source, packed: source.oneIn(2))
        return BatchWithCotangents(
          batch: batch,
          cotangents: batch.heads.map { heads in
            heads.map { head in
              Cotangent(
                o: Matrix(head.length, head.valueDimension) { _, _ in .drawn(from: &source) },
                finalState: Matrix(head.keyDimension, head.valueDimension) { _, _ in
                  .drawn(from: &source)
                })
            }
          })
      }
    ) { candidate, value, seen in
      let batch = value.batch
      for regime in batch.regimes { seen.label(regime) }
      let (problem, C) = (batch.problem, batch.chunkLength)
      let cotangent = BatchedSolution(
        o: batch.tensor(like: problem.v) { n, h in value.cotangents[n][h].o },
        finalState: Tensor(
          shape: problem.initialState.shape,
          elements: value.cotangents.flatMap { $0.flatMap(\.finalState.entries) }))
      let whole = try candidate.kernel.gradient(problem, cotangent, C)
      let parts = zip(batch.heads, value.cotangents).map { heads, cotangents in
        zip(heads, cotangents).map { candidate.formulation.gradient(of: $0, $1, chunkLength: C) }
      }
      let groupSize = problem.headCount / problem.k.shape[2]
      func shared(
        _ part: KeyPath<Gradient<PrimeField>, Matrix<PrimeField>>
      ) -> (Int, Int) -> Matrix<PrimeField> {
        { n, keyHead in
          let group = parts[n][keyHead * groupSize..<(keyHead + 1) * groupSize]
          return group.dropFirst().reduce(group[group.startIndex][keyPath: part]) {
            $0 + $1[keyPath: part]
          }
        }
      }
      let expected = [
        ("dq", whole.dq, batch.tensor(like: problem.q, shared(\.dq))),
        ("dk", whole.dk, batch.tensor(like: problem.k, shared(\.dk))),
        ("dv", whole.dv, batch.tensor(like: problem.v) { parts[$0][$1].dv }),
        ("dbeta", whole.dbeta, batch.tensor(like: problem.beta) { parts[$0][$1].dbeta }),
      ]
      for (name, found, wanted) in expected where found != wanted {
        throw Falsified("\(name) is \(found.elements), its heads give \(wanted.elements)")
      }
      let states = parts.flatMap { $0.flatMap(\.dh0.entries) }
      guard whole.dh0.elements == states else {
        throw Falsified("dh0 is \(whole.dh0.elements), its heads give \(states)")
      }
    })

  private struct BatchWithCotangents: CustomStringConvertible {
    let batch: BatchCase<PrimeField>
    let cotangents: [[Cotangent<PrimeField>]]

    var description: String {
      let parts = cotangents.joined().map { "do = \($0.o), dht = \($0.finalState)" }
      return "\(batch)\n    cotangents " + parts.joined(separator: "\n    ")
    }
  }

  private static func batches(
    _ law: String, packed: Bool, requiring labels: [String]
  ) -> Checks {
    LawInstance.candidates(
      law, cases: 900, requiring: labels,
      for: { try BatchCase<PrimeField>(from: &$0, packed: packed) }
    ) { candidate, batch, seen in
      for regime in batch.regimes { seen.label(regime) }
      let whole = try candidate.kernel.solve(batch.problem, batch.chunkLength)
      let (H, dv) = (batch.problem.headCount, batch.problem.v.shape[3])
      for (n, heads) in batch.heads.enumerated() {
        let (row, start) = packed ? (0, batch.problem.boundaries?[n] ?? 0) : (n, 0)
        for (h, head) in heads.enumerated() {
          let alone = candidate.formulation.solve(head, chunkLength: batch.chunkLength)
          let o = Matrix(head.length, dv) { t, d in
            whole.o.elements[((row * batch.problem.v.shape[1] + start + t) * H + h) * dv + d]
          }
          let size = head.keyDimension * dv
          let finalState = Matrix(
            rows: head.keyDimension, columns: dv,
            entries: Array(whole.finalState.elements.dropFirst((n * H + h) * size).prefix(size)))
          try require(
            Solution(o: o, finalState: finalState), equals: alone,
            "sequence \(n) head \(h) by itself")
        }
      }
    }
  }
}
