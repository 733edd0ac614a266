import Algebra
import DeltaRule
import Foundation
import PropertyTesting
import Testing

@testable import Verification

@Suite("The kill matrix")
struct KillMatrixTests {
  /// Every fault is caught by a law, on a case that shrinks to next to nothing.
  @Test(arguments: Fault.allCases)
  func isCaught(fault: Fault) throws {
    let candidate = Candidate(making: fault)
    let found = Law.all.lazy.compactMap { $0.instance(for: candidate) }.compactMap { instance in
      instance.check(Search(seed: 1, cases: min(200, instance.property.cases))).counterexample
    }.first
    let counterexample = try #require(found, "\(fault) survives every law")
    #expect(counterexample.replay.choices.count <= 60)
  }

  /// At least sixty faults; a matrix of two of them, and the kernel without a fault, which no law complains about.
  @Test
  func matrix() async {
    #expect(Fault.allCases.count >= 60)
    let matrix = await KillMatrix.measured(
      [.dqSign, .tailNotWritten], seed: 1, cases: 100, jobs: 2)
    #expect(matrix.rows.map(\.fault) == [.dqSign, .tailNotWritten])
    #expect(matrix.falseAlarms.map(\.law) == [])
    #expect(matrix.isComplete)
    #expect(matrix.rows[0].kills.map(\.law).contains("GR"))
    #expect(!matrix.rows[0].kills.map(\.law).contains("EQ"), "o is right")
    #expect(matrix.text.contains("2 of 2 faults are caught"))
  }

  @Test
  func survivorsAreShown() {
    let matrix = KillMatrix(
      seed: 1, rows: [KillMatrix.Row(fault: .dqSign, kills: [])], falseAlarms: [])
    #expect(!matrix.isComplete)
    #expect(matrix.text.contains("SURVIVES"))
    #expect(matrix.text.contains("0 of 1 faults are caught"))
  }

  /// What a fault says of itself, and the public thread it is modelled on, in the catalogue's own words.
  @Test
  func faultsAreDescribed() throws {
    #expect(Set(Fault.allCases.map(\.summary)).count == Fault.allCases.count)
    let readme = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "README.md"), encoding: .utf8)
    let threads = Fault.allCases.count { $0.thread != nil }
    #expect(readme.contains("plants \(Fault.allCases.count) mistakes"))
    #expect(readme.contains("\(threads) of them after public threads"))
  }
}

@Suite("Diagnosis of faults")
struct FaultDiagnosisTests {
  /// Every tenth fault, put into the exported cases: all rejected, at least four of five named.
  @Test
  func faultsAreNamed() async throws {
    let faults = stride(from: 0, to: Fault.allCases.count, by: 10).map { Fault.allCases[$0] }
    let found = try await FaultDiagnosis.all(faults, seed: 6, jobs: 2)
    for entry in found { #expect(entry.rejectedOn != nil, "\(entry.fault) passes") }
    #expect(found.count { $0.isRight } * 5 >= faults.count * 4)
  }

  /// A large case is diagnosed from an excerpt around its worst element: here of two chunks, where that lies at the
  /// end of a ragged sequence, in a packed one, in a group of heads, under normalisation in the kernel.
  @Test(arguments: [
    ("strong-writes", Fault.dkWithoutW), ("strong-writes", .finalStateBeforeLastChunk),
    ("strong-writes", .dh0Zero), ("strong-writes", .tailOutputs), ("packed", .xWithoutState),
    ("grouped-heads", .dqOfLastHead), ("l2-norm", .normBackwardMissing),
    ("identical-keys", .inverseEightTerms),
  ])
  func excerpts(name: String, fault: Fault) async throws {
    let wrong = try unfilled(name, seed: 3).filled(by: fault, chunkLength: 64)
    let expectation = try await Expectation(for: wrong)
    let tensors = await expectation.judge(wrong)
    let outputs = tensors.filter { !$0.isRight && CaseFile.forwardResults.contains($0.name) }
    let part = try wrong.excerpt(
      around: outputs.isEmpty ? tensors : outputs, expectation, limit: 1)
    #expect(part.problem.v.shape[1] <= 128)
    // The mistake shows in the excerpt, and the same kernel without it is right there.
    #expect(try await !Judgement(of: part).isRight)
    let right = try part.filled(by: nil, chunkLength: 64)
    #expect(try await Judgement(of: right).isRight)
  }

  /// What no fault explains is located: the first token, the head, a chunk's border, a factor.
  @Test
  func places() async throws {
    let file = try unfilled("grouped-heads", seed: 5).filled(by: nil, chunkLength: 64)
    func texts(_ change: (_ b: Int, _ t: Int, _ h: Int, _ d: Int) -> Double) async throws
      -> [String]
    {
      var wrong = file
      let o = file.results[0]
      let shape = o.values.shape
      let elements = o.values.elements.enumerated().map { i, value in
        let (row, d) = i.quotientAndRemainder(dividingBy: shape[3])
        let (token, h) = row.quotientAndRemainder(dividingBy: shape[2])
        return value * change(token / shape[1], token % shape[1], h, d)
      }
      wrong.results[0] = CaseFile.Result(
        name: "o", values: Tensor(shape: shape, elements: elements), storage: o.storage)
      return try await Judgement(of: wrong).diagnosis.map(\.text)
    }
    #expect(try await texts { _, _, _, _ in 1 } == [])
    let fromChunk = try await texts { _, t, h, _ in t >= 64 && h == 4 ? 1.5 : 1 }
    #expect(fromChunk.contains { $0.contains("from token 64, where a chunk of 64 may begin") })
    #expect(fromChunk.contains { $0.contains("only head 4") })
    let oneRow = try await texts { b, t, _, _ in b == 1 && t == 9 ? 0 : 1 }
    #expect(oneRow.contains { $0.contains("token 9 only") && $0.contains("only batch row 1") })
    let element = try await texts { b, t, h, d in b == 0 && t == 3 && h == 2 && d == 1 ? 1.02 : 1 }
    #expect(element.contains { $0.hasPrefix("o: one element of") || $0.contains("token 3 only") })
    let factor = try await texts { _, _, _, _ in 3 }
    #expect(factor.contains { $0.contains("o is 3.0 times what it should be") })
  }
}
