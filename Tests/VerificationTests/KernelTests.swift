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
    if file.precision == .f64 {
      try await check(BatchKernel<Double>.onProcessor, file, by: expectation.judge)
    } else {
      try await check(BatchKernel<Float>.onProcessor, file, by: expectation.judge)
    }
  }

  private func check<Number: KernelNumber>(
    _ kernels: [BatchKernel<Number>], _ file: CaseFile,
    by judge: (CaseFile) async -> [TensorJudgement]
  ) async throws {
    for kernel in kernels {
      let filled = file.filled(with: try file.results(of: kernel))
      let wrong = await judge(filled).filter { !$0.isRight }
      #expect(wrong.isEmpty, "\(kernel.name): \(wrong.map(\.name))")
    }
  }
}
