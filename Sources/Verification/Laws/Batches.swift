import Algebra
import DeltaRule
import PropertyTesting

extension Law {
  static let packing = Law(
    "VL", "packing",
    "Packed sequences give what they give one by one, and empty ones do nothing.",
    formula: "f(x₁ ++ … ++ x_N | cu_seqlens) = f(x₁) ++ … ++ f(x_N)", theorem: "packing",
    batches(
      "VL", packed: true,
      requiring: ["an empty sequence", "sequences of different lengths", "head groups above 1"]))

  static let headMapping = Law(
    "HM", "head mapping",
    "Heads do not see each other, and value head h reads key head ⌊h / (H/Hk)⌋.",
    formula: "f(x)[b, :, h] = f(q[b, :, h′], k[b, :, h′], v[b, :, h], β[b, :, h]), h′ = ⌊h·Hk/H⌋",
    theorem: "packing",
    batches(
      "HM", packed: false, requiring: ["head groups 1", "head groups above 1", "dk ≠ dv"]))

  private static func batches(
    _ law: String, packed: Bool, requiring labels: [String]
  ) -> [LawInstance] {
    LawInstance.formulations(
      law, over: PrimeField.self, cases: 900, requiring: labels,
      for: { try BatchCase<PrimeField>(from: &$0, packed: packed) }
    ) { formulation, batch, seen in
      for regime in batch.regimes { seen.label(regime) }
      let whole = batch.problem.solve { formulation.solve($0, chunkLength: batch.chunkLength) }
      let (H, dv) = (batch.problem.headCount, batch.problem.v.shape[3])
      for (n, heads) in batch.heads.enumerated() {
        let (row, start) = packed ? (0, batch.problem.boundaries?[n] ?? 0) : (n, 0)
        for (h, head) in heads.enumerated() {
          let alone = formulation.solve(head, chunkLength: batch.chunkLength)
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
