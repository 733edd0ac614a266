import DeltaRule
import DeltaRuleCPU
import Testing

@testable import Verification

@Suite("Kernels for the processor before the judge")
struct KernelTests {
  /// What every author of a kernel is asked for: normalisation in the kernel, packed sequences and grouped heads included.
  @Test(arguments: CaseExport.all.map(\.name))
  func everyExportedCaseIsRight(name: String) async throws {
    let file = try #require(CaseExport.all.first { $0.name == name }).unfilled(seed: 3)
    let expectation = try await Expectation(for: file)
    for form in [Form.fusedRecurrence, .decoding, .chunkwise(32)] {
      let filled = file.filled(
        with: file.precision == .f64
          ? try results(file, form, Double.self) : try results(file, form, Float.self))
      let wrong = await expectation.judge(filled).filter { !$0.isRight }
      #expect(wrong.isEmpty, "\(form.name): \(wrong.map(\.name))")
    }
  }

  private func results<Number: KernelNumber>(
    _ file: CaseFile, _ form: Form, _: Number.Type
  ) throws -> Results {
    let (solution, pullback) = valueWithPullback(
      file.problem.map { Number($0) }, using: form, normalizingQueriesAndKeys: file.usesL2Norm)
    var results = ["o": solution.o, "final_state": solution.finalState]
    if let cotangent = file.cotangent {
      let gradient = try pullback(cotangent.map { Number($0) })
      results.merge([
        "dq": gradient.dq, "dk": gradient.dk, "dv": gradient.dv, "dbeta": gradient.dbeta,
        "dh0": gradient.dh0,
      ]) { $1 }
    }
    return results.mapValues { $0.map { Double($0) } }
  }
}
