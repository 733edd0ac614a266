import DeltaRule
import PropertyTesting
import Testing

@testable import DeltaRuleGPU

/// Kernels whose warps have roles and meet in pairs: a forward pass of the delta rule in bf16.
struct PipelinedTests {
  private static let cases: [PipelinedCase] = try! [
    PipelinedCase(boundaries: [0, 200], heads: (1, 1), width: 128, valueBlocks: [32, 64, 128]),
    PipelinedCase(
      boundaries: [0, 70, 70, 134, 135, 230], heads: (1, 2), width: 64, valueBlocks: [32, 64]),
    PipelinedCase(
      boundaries: [0, 0, 3, 68], heads: (2, 4), width: 64, valueBlocks: [64], hasState: false),
  ]

  @Test(arguments: cases, seeds) func theyAreRight(problem: PipelinedCase, seed: UInt64) throws {
    let triangles = try problem.triangles(seed: seed)
    for valueBlock in problem.valueBlocks {
      let (o, state) = try problem.solution(triangles, valueBlock: valueBlock, seed: seed)
      #expect(o < 1e-2 && state < 1e-2, "\(valueBlock): \(o), \(state)")
    }
  }

  /// What each of them orders, and what says so when it is gone.
  @Test(arguments: [
    ("WARP_BARRIER();", 5, ["race on shared word"]),
    ("copy_async_wait(0);", 1, ["has not been waited for"]),
    ("copy_async_commit();", 1, ["has not been waited for"]),
  ])
  func everyWaitOfPreparationIsNeeded(wait: String, count: Int, words: [String]) throws {
    let problem = Self.cases[1]
    for (index, text) in try without(wait, in: PipelinedCase.preparation, count).enumerated() {
      let failure = try failure { _ = try problem.triangles(text, seed: UInt64(index % 2)) }
      #expect(words.contains { failure.contains($0) }, "\(wait) \(index): \(failure)")
    }
  }

  @Test(arguments: [
    ("meet();", 10),
    ("copy_async_wait(STAGES - 3);", 2),
    ("copy_async_commit();", 2),
    ("ARRIVE(STATE_READY(warp), 64);", 1),
    ("ARRIVE(X_READY(warp), 64);", 1),
    ("AWAIT(STATE_READY(own), 64);", 1),
    ("AWAIT(X_READY(own), 64);", 1),
  ])
  func everyWaitOfTheWalkIsNeeded(wait: String, count: Int) throws {
    for (index, text) in try without(wait, in: PipelinedCase.walk, count).enumerated() {
      let failure = try walkFailure(text, seed: UInt64(index % 2))
      #expect(!failure.isEmpty, "\(wait) \(index)")
    }
  }

  @Test(arguments: [0, 1]) func whatPairsOfWarpsMeetForIsARace(seed: UInt64) throws {
    for name in ["STATE_READY", "X_READY"] {
      let text = PipelinedCase.walk.replacing("ARRIVE(\(name)(warp), 64);", by: "")
        .replacing("AWAIT(\(name)(own), 64);", by: "")
      let failure = try walkFailure(text, seed: seed)
      #expect(failure.contains("race on shared word"), "\(name): \(failure)")
    }
    let apart = PipelinedCase.walk.replacing("{ BARRIER(); }", by: "{}")
    #expect(try !walkFailure(apart, seed: seed).isEmpty)
  }

  /// What nobody waits for is not needed: all roles leave out the round after the last output.
  @Test func theLastRoundIsNotNeeded() throws {
    let text = PipelinedCase.walk
      .replacing(
        "STAGES - 3);\n            meet();",
        by: "STAGES - 3);\n            if (chunk < chunks) meet();"
      )
      .replacing("        }\n        meet();\n    }", by: "        }\n    }")
      .replacing("        }\n        meet();\n\n", by: "        }\n\n")
    #expect(try walkFailure(text, seed: 1).isEmpty)
  }

  private func walkFailure(_ text: String, seed: UInt64) throws -> String {
    let problem = Self.cases[1]
    let triangles = try problem.triangles(seed: 0)
    return try failure {
      _ = try problem.solution(triangles, valueBlock: 64, text: text, seed: seed)
    }
  }

  /// The text without each of so many occurrences of some words.
  private func without(_ words: String, in text: String, _ count: Int) throws -> [String] {
    let parts = text.split(separator: words, omittingEmptySubsequences: false)
    try #require(parts.count == count + 1)
    return (0..<count).map { index in
      var parts = parts
      parts[index] += ";" + parts.remove(at: index + 1)
      return parts.joined(separator: words)
    }
  }
}

/// Packed sequences, and what the recurrence makes of them in double precision.
struct PipelinedCase: Sendable, CustomTestStringConvertible {
  static let preparation =
    text(PackageResources.pipelined_h)
    + text(PackageResources.pipelined_transform_k)
  static let walk =
    text(PackageResources.pipelined_h)
    + text(PackageResources.pipelined_walk_k)

  let valueBlocks: [Int]
  private let problem: BatchedProblem<Float>
  private let expected: BatchedSolution<Double>
  private let hasState: Bool

  /// - Parameter valueBlocks: how many value columns a block may have.
  init(
    boundaries: [Int], heads: (keys: Int, values: Int), width: Int, valueBlocks: [Int],
    hasState: Bool = true
  ) throws {
    let shape = try BatchShape(
      batch: 1, length: boundaries.last!, keyHeads: heads.keys, heads: heads.values,
      keyDimension: width, valueDimension: width, hasVectorBeta: false, boundaries: boundaries)
    var generator = Xoshiro256(seed: 1)
    func random(_ shape: [Int], in range: ClosedRange<Float> = -1...1) -> Tensor<Float> {
      Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
    }
    let state =
      hasState ? random(shape.states) : Tensor<Float>(repeating: 0, shape: shape.states)
    problem = try BatchedProblem(
      q: random(shape.keys), k: random(shape.keys), v: random(shape.values),
      beta: random(shape.strengths, in: 0...1), scale: 0.125, initialState: state,
      boundaries: boundaries
    ).normalizingQueriesAndKeys().map { x in
      Storage.bfloat16.numbers(in: Storage.bfloat16.bytes(of: [x]))[0]
    }
    expected = problem.map(Double.init).solve(recurrence)
    self.valueBlocks = valueBlocks
    self.hasState = hasState
  }

  var testDescription: String { "\(problem.shape)" }

  private var shape: BatchShape { problem.shape }
  private var sequenceCount: Int { shape.states[0] }
  private var slots: Int { problem.q.shape[1] / 64 + sequenceCount }
  private var counts: [KernelArgument] {
    [.int32(Int32(shape.heads)), .int32(Int32(shape.keyHeads))]
  }
  private var sequences: [UInt8] {
    (shape.boundaries ?? []).flatMap { boundary in
      withUnsafeBytes(of: Int64(boundary)) { Array($0) }
    }
  }

  /// T of every chunk, as the first kernel writes it.
  func triangles(_ text: String = preparation, seed: UInt64) throws -> [UInt8] {
    let (dk, threads) = (shape.keyDimension, 64)
    var kernel = TestKernel(
      name: "pipelined_transform",
      text: definitions(["C": 64, "DK": dk, "NT": threads]) + text,
      threads: threads, sharedBytes: threads / 32 * (128 * dk + 256))
    kernel.groups.0 = (slots * shape.heads + 1) / 2
    let empty = [UInt8](repeating: 0xff, count: slots * shape.heads * 5120)
    return try kernel.run(
      [stored(problem.k), stored(problem.beta), sequences, empty],
      [.int32(Int32(sequenceCount))] + counts, seed: seed)[3]
  }

  /// How far the second kernel's o and final state are from the recurrence's, relative to those.
  func solution(
    _ triangles: [UInt8], valueBlock: Int, text: String = walk, seed: UInt64
  ) throws -> (o: Double, state: Double) {
    let (dk, dv) = (shape.keyDimension, shape.valueDimension)
    let threads = valueBlock == 32 ? 256 : 384
    let stages = valueBlock == 128 ? 3 : 4
    var kernel = TestKernel(
      name: "pipelined_walk",
      text: definitions(["C": 64, "DK": dk, "WIDTH": dv, "DV": valueBlock, "NT": threads])
        + text,
      threads: threads,
      sharedBytes: stages * (256 * dk + 128 * valueBlock + 5120) + 10240
        + valueBlock / 16 * (dk / 16 + 4) * 512)
    kernel.groups = (sequenceCount * dv / valueBlock, shape.heads, 1)
    let state = Storage.float32.bytes(of: problem.initialState.elements)
    let result = try kernel.run(
      [
        stored(problem.q), stored(problem.k), stored(problem.v), triangles, sequences,
        hasState ? state : [], stored(problem.v), state,
      ], counts + [.float(problem.scale)], seed: seed)
    return (
      distance(Storage.bfloat16.numbers(in: result[6]), expected.o.elements),
      distance(Storage.float32.numbers(in: result[7]), expected.finalState.elements)
    )
  }

  private func stored(_ tensor: Tensor<Float>) -> [UInt8] {
    Storage.bfloat16.bytes(of: tensor.elements)
  }
}

private func distance(_ numbers: [Float], _ expected: [Double]) -> Double {
  let squares = zip(numbers, expected).reduce(into: (0.0, 0.0)) { sum, pair in
    sum.0 += (Double(pair.0) - pair.1) * (Double(pair.0) - pair.1)
    sum.1 += pair.1 * pair.1
  }
  return (squares.0 / squares.1).squareRoot()
}

/// What a launch in there fails with; empty where none does.
private func failure(_ launches: () throws -> Void) throws -> String {
  do {
    try launches()
    return ""
  } catch let error as GPUError {
    guard case .callFailed("cuLaunchKernel", _, let text) = error.problem else { throw error }
    return text
  }
}

extension String {
  /// With every occurrence of some words, of which there is one at least, replaced.
  fileprivate func replacing(_ old: String, by new: String) -> String {
    precondition(contains(old))
    return split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
