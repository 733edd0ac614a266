import DeltaRule
import Foundation
import Testing

@testable import TensorFiles
@testable import Verification

/// The case files that flash-linear-attention's own kernels filled.
private func fixture(_ name: String) throws -> String {
  try #require(
    Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
  ).path(percentEncoded: false)
}

private func load(_ name: String) throws -> TensorFile {
  try TensorFile(safetensors: fixture(name))
}

/// The verdict on every tensor, without a diagnosis, which takes longer.
private func tensors(of file: TensorFile) async throws -> [TensorJudgement] {
  let file = try CaseFile(name: "case", file: file)
  return try await Expectation(for: file).judge(file)
}

private func isRight(_ file: TensorFile) async throws -> Bool {
  try await tensors(of: file).allSatisfy { $0.isRight }
}

extension TensorFile {
  /// This file with the elements of one tensor changed.
  fileprivate func changing(
    _ name: String, _ change: (inout [Double]) -> Void
  ) throws -> TensorFile {
    let stored = try #require(tensors[name])
    var values = try #require(stored.doubles())
    change(&values)
    var file = self
    file.tensors[name] = StoredTensor(
      doubles: values, shape: stored.shape, as: stored.elementType)
    return file
  }
}

@Suite("Checking kernels")
struct CheckTests {
  @Test(arguments: [
    ("chunk_fp16_T63", true), ("recurrent_fp32_T48", true), ("broken_chunk_bf16", false),
  ])
  func realKernels(name: String, isRight: Bool) async throws {
    let judgement = try await Judgement(of: CaseFile(path: fixture(name)))
    #expect(judgement.isRight == isRight)
    #expect(
      judgement.tensors.map(\.name) == ["o", "final_state", "dq", "dk", "dv", "dbeta", "dh0"])
    if !isRight { #expect(judgement.tensors.allSatisfy { !$0.isRight }) }
  }

  /// One wrong element is found and named: [b, t, h, d] of [2, 48, 2, 32].
  @Test(arguments: [0, 1, 31, 32, 5000, 6143])
  func namesTheWrongElement(index: Int) async throws {
    let right = try load("recurrent_fp32_T48")
    let rms = try #require(right.tensors["o"]?.doubles()).map { $0 * $0 }.reduce(0, +) / 6144
    let wrong = try right.changing("o") { $0[index] += 0.01 * rms.squareRoot() }
    let tensors = try await tensors(of: wrong)
    let o = try #require(tensors.first)
    #expect(!o.isRight)
    #expect(
      o.worstElement?.index == [index / 3072, index / 64 % 48, index / 32 % 2, index % 32])
    #expect(tensors[1].isRight)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func nonFiniteResultsAreWrong(value: Double) async throws {
    let wrong = try load("chunk_fp16_T63").changing("final_state") { $0[77] = value }
    let judgement = try await Judgement(of: CaseFile(name: "case", file: wrong))
    #expect(judgement.tensors.map(\.isRight) == [true, false] + Array(repeating: true, count: 5))
    #expect(judgement.tensors[1].worst == "final_state[0, 0, 1, 13]")
    #expect(judgement.text.contains("final_state[0, 0, 1, 13] = "))
    #expect(try [Verdict.judged(judgement)].json().contains("\"right\" : false"))
  }

  /// One gradient element off by 1 % of its tensor's root mean square is found and named.
  @Test(arguments: [
    ("dq", 3333, "dq[1, 4, 0, 5]"), ("dk", 0, "dk[0, 0, 0, 0]"), ("dv", 6143, "dv[1, 47, 1, 31]"),
    ("dbeta", 101, "dbeta[1, 2, 1]"), ("dh0", 2049, "dh0[1, 0, 0, 1]"),
  ])
  func namesTheWrongGradientElement(name: String, index: Int, element: String) async throws {
    let right = try load("recurrent_fp32_T48")
    let values = try #require(right.tensors[name]?.doubles())
    let rms = (values.map { $0 * $0 }.reduce(0, +) / Double(values.count)).squareRoot()
    for tensor in try await tensors(of: right.changing(name) { $0[index] += 0.01 * rms }) {
      #expect(tensor.isRight == (tensor.name != name))
      if tensor.name == name { #expect(tensor.worst == element) }
    }
  }

  /// Gradients of shared queries and keys, of packed sequences, of other widths, with normalisation
  /// in the kernel and one β for each value column.
  @Test(arguments: [
    "grouped-heads", "packed", "wide-values", "wide-keys", "l2-norm", "vector-beta", "double",
    "half", "bfloat",
  ])
  func gradientsOfExportedCases(name: String) async throws {
    let export = try #require(CaseExport.all.first { $0.name == name })
    var file = try export.inputs(seed: 5)
    let type = try #require(file.tensors["q"]).elementType
    func put(_ name: String, _ tensor: Tensor<Double>, as type: ElementType) {
      file.tensors[name] = StoredTensor(doubles: tensor.elements, shape: tensor.shape, as: type)
    }
    let v = try #require(file.tensors["v"])
    put("o", Tensor(repeating: 0, shape: v.shape), as: type)
    put("dv", Tensor(repeating: 0, shape: v.shape), as: type)
    let unfilled = try CaseFile(name: "unfilled", file: file)
    let (problem, cotangent) = (unfilled.problem, try #require(unfilled.cotangent))
    let operands = unfilled.usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let form = try #require(Formulation<Double>.named("chunkwise-solve"))
    let (value, pullback) = operands.valueWithPullback(by: form, chunkLength: 16)
    var gradient = try pullback(cotangent)
    if unfilled.usesL2Norm { gradient = problem.normalizationBackward(gradient) }
    put("o", value.o, as: type)
    put("dq", gradient.dq, as: type)
    put("dk", gradient.dk, as: type)
    put("dv", gradient.dv, as: type)
    put("dbeta", gradient.dbeta, as: type)
    put("dh0", gradient.dh0, as: type == .f64 ? .f64 : .f32)
    #expect(try await isRight(file))

    // As if the last of the tensors had not been scaled by the chain rule.
    var wrong = gradient
    wrong.dk = Tensor(shape: gradient.dk.shape, elements: gradient.dk.elements.map { $0 * 1.1 })
    put("dk", wrong.dk, as: type)
    let verdict = try await tensors(of: file)
    #expect(verdict.filter { !$0.isRight }.map(\.name) == ["dk"])
  }

  @Test
  func gradientsNeedTheirCotangents() throws {
    var file = try load("recurrent_fp32_T48")
    file.tensors["dht"] = nil
    #expect(try CaseFile(name: "case", file: file).cotangent != nil)
    file.tensors["do"] = nil
    #expect(throws: TensorFileError.self) { try CaseFile(name: "case", file: file) }
  }

  /// Heads swapped, the scale forgotten, the final state transposed, half of a tensor stale.
  @Test
  func wrongKernels() async throws {
    let right = try load("recurrent_fp32_T48")
    let wrong = [
      try right.changing("o") { o in
        o = o.indices.map { o[$0 ^ 32] }
      },
      try right.changing("o") { o in for i in o.indices { o[i] *= 32.0.squareRoot() } },
      try right.changing("final_state") { state in
        state = state.indices.map { state[$0 / 1024 * 1024 + $0 % 32 * 32 + $0 / 32 % 32] }
      },
      try right.changing("o") { o in for i in 3072..<6144 { o[i] = 0 } },
      try right.changing("initial_state") { state in state = state.map { _ in 0 } },
      try right.changing("beta") { beta in beta[95 * 2] = 0 },
    ]
    for (n, file) in wrong.enumerated() {
      #expect(try await !isRight(file), "kernel \(n)")
    }
  }

  /// A file in the other layout is judged alike, and elements are named in its own order.
  @Test
  func headsFirst() async throws {
    var file = try load("recurrent_fp32_T48")
    for name in ["q", "k", "v", "beta", "o", "do", "dq", "dk", "dv", "dbeta"] {
      let stored = try #require(file.tensors[name])
      let swapped = Tensor(shape: stored.shape, elements: try #require(stored.doubles()))
        .swappingTokensAndHeads()
      file.tensors[name] = StoredTensor(
        doubles: swapped.elements, shape: swapped.shape, as: stored.elementType)
    }
    file.metadata["layout"] = "BHTD"
    #expect(try await isRight(file))
    let wrong = try await tensors(of: file.changing("o") { $0[4000] += 1 })
    // [2, 2, 48, 32]
    #expect(wrong[0].worst == "o[1, 0, 29, 0]")
  }

  /// Every exported case, filled by the Double recurrence and rounded once, is right.
  @Test(arguments: CaseExport.all.map(\.name))
  func exportedCases(name: String) async throws {
    let export = try #require(CaseExport.all.first { $0.name == name })
    var file = try export.inputs(seed: 11)
    let inputs = file
    #expect(throws: TensorFileError.self) { try CaseFile(name: "empty", file: inputs) }
    let type = try #require(file.tensors["q"]).elementType
    let values = try #require(file.tensors["v"]).shape
    let states = try #require(file.tensors["initial_state"]).shape
    file.tensors["o"] = StoredTensor(
      doubles: Array(repeating: 0, count: values.reduce(1, *)), shape: values, as: type)
    let unfilled = try CaseFile(name: "unfilled", file: file)
    let problem =
      unfilled.usesL2Norm ? unfilled.problem.normalizingQueriesAndKeys() : unfilled.problem
    let solution = problem.solve { chunkwiseSolve($0, chunkLength: 8) }
    file.tensors["o"] = StoredTensor(doubles: solution.o.elements, shape: values, as: type)
    file.tensors["final_state"] = StoredTensor(
      doubles: solution.finalState.elements, shape: states, as: type == .f64 ? .f64 : .f32)
    #expect(try await isRight(file))
    #expect(
      try await !isRight(file.changing("o") { $0[$0.count - 1] += 0.5 }))
  }

  @Test
  func exportsDependOnTheSeedAlone() throws {
    for export in CaseExport.all {
      func values(_ seed: UInt64) throws -> [Double]? {
        try export.inputs(seed: seed).tensors["v"]?.doubles()
      }
      #expect(try values(1) == values(1))
      #expect(try values(1) != values(2))
    }
  }
}

@Suite("Case files that cannot be judged")
struct CaseFileTests {
  private func message(_ change: (inout TensorFile) throws -> Void) throws -> String {
    var file = try load("recurrent_fp32_T48")
    try change(&file)
    do {
      _ = try CaseFile(name: "case.safetensors", file: file)
      return "accepted"
    } catch { return "\(error)" }
  }

  private func zeros(_ shape: Int..., as type: ElementType = .f32) -> StoredTensor {
    StoredTensor(
      doubles: Array(repeating: 0, count: shape.reduce(1, *)), shape: shape, as: type)
  }

  @Test
  func messages() throws {
    #expect(
      try message { $0.tensors["k"] = nil } == "case.safetensors: tensor 'k': is missing; add it")
    #expect(
      try message { $0.tensors["o"] = nil }
        == "case.safetensors: tensor 'o': is missing; run the kernel and add its results")
    #expect(
      try message { $0.tensors["v"] = zeros(2, 47, 2, 32) }
        == "case.safetensors: tensor 'v': has the shape [2, 47, 2, 32] in the order BTHD; "
        + "make it [2, 48, 2, 32]")
    #expect(
      try message { $0.tensors["v"] = zeros(2, 48, 3, 32) }.contains("a multiple of the 2 heads"))
    #expect(try message { $0.tensors["q"] = zeros(2, 48, 64) }.contains("tensor 'q': has 3 axes"))
    #expect(try message { $0.tensors["beta"] = zeros(2) }.contains("give it 3 or 4"))
    #expect(
      try message { $0.tensors["o"] = zeros(2, 48, 2, 31) }.contains("make it [2, 48, 2, 32]"))
    #expect(
      try message { $0.tensors["final_sate"] = zeros(1) }.contains("no tensor of a case file"))
    #expect(
      try message { $0.tensors["q"] = StoredTensor(integers: [1], shape: [1], as: .i32) }
        .contains("store F64, F32, F16 or BF16"))
    #expect(
      try message { $0.tensors["cu_seqlens"] = zeros(3) }.contains("store it as I64 or I32"))
    #expect(
      try message {
        $0.tensors["cu_seqlens"] = StoredTensor(integers: [0, 48], shape: [2], as: .i64)
      }.contains("packs sequences into a batch of 1"))
    #expect(
      try message { $0.metadata["scale"] = "nan" }
        == "case.safetensors: metadata 'scale' is none of the finite numbers; "
        + "write one of them, or leave it out")
    #expect(try message { $0.metadata["layout"] = "TBHD" }.contains("is none of BTHD, BHTD"))
    #expect(try message { $0.metadata["use_qk_l2norm"] = "yes" }.contains("is none of true, false"))
    #expect(
      try message { $0.metadata["precision"] = "f8" }.contains(
        "is none of f64, f32, tf32, bf16, f16")
    )
    #expect(
      try message { $0 = try $0.changing("do") { $0[5] = .nan } }
        == "case.safetensors: tensor 'do': holds a number that is not finite; give finite inputs")
    #expect(try message { $0.metadata["comment"] = "kept" } == "accepted")
    #expect(try message { $0.metadata["Scale"] = "3" }.contains("write 'scale'"))
    #expect(try message { $0.metadata["use-qk-l2norm"] = "true" }.contains("'use_qk_l2norm'"))
  }

  @Test
  func overflowIsExplained() async throws {
    let file = try load("recurrent_fp32_T48").changing("k") { k in k = k.map { $0 * 1e20 } }
    await #expect(throws: TensorFileError.self) { try await tensors(of: file) }
  }
}
