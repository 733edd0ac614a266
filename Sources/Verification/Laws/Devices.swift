import DeltaRule
public import DeltaRuleGPU
import PropertyTesting

extension Law {
  /// The laws about kernels, for those of a device.
  ///
  /// - Parameter seed: what the exported cases are derived from.
  public static func laws(about device: Device, seed: UInt64) async throws -> [Law] {
    let caseFiles = try await caseFiles(DeviceKernel.all(on: device), seed: seed)
    return drawnLaws(about: device) + [caseFiles]
  }

  /// Those of them that draw their cases.
  static func drawnLaws(about device: Device) -> [Law] {
    let kernels = DeviceKernel.all(on: device)
    let inFloat = kernels.filter { $0.claim == .f32 }
    return [
      kernelsOnIntegers(integers(inFloat.map(\.kernel))),
      kernelsKeepApart(apart(kernels.map(\.kernel))),
      kernelErrorGrowth(grown(kernels.map(\.kernel))),
    ]
  }

  private static func caseFiles(_ kernels: [DeviceKernel], seed: UInt64) async throws -> Law {
    let files = try CaseExport.all.map { try $0.unfilled(seed: seed) }
      .filter { $0.precision != .f64 }
    var judges: [Precision: [CaseJudge]] = [:]
    for claim in Set(kernels.map(\.claim)) {
      for file in files {
        let judge = CaseJudge(file: file, try await Expectation(for: file, claiming: claim))
        judges[claim, default: []].append(judge)
      }
    }
    return Law(
      "CF", "case files",
      "What a kernel makes of the exported cases, forwards and backwards, is right by the rule of 'check'.",
      formula: "|kernel(x) − f(x)| ≤ what honest arithmetic of the claimed precision errs by",
      theorem: "Proofs/RoundingErrors.md#running-error",
      Checks(
        kernels.map { kernel in
          let judges = (judges[kernel.claim] ?? []).filter {
            kernel.takes($0.file.problem.shape, normalizes: $0.file.usesL2Norm)
          }
          return LawInstance(
            kernel.kernel.name, numbers: "Float", isExhaustive: true,
            Property("CF/\(kernel.kernel.name)", cases: judges.count) {
              $0.element(of: judges)
            } check: { judge, _ in
              try judge.check(kernel.kernel)
            })
        }))
  }
}

/// An exported case, and what to expect of kernels that fill it.
private struct CaseJudge: Sendable, CustomStringConvertible {
  let file: CaseFile
  let expectation: Expectation

  init(file: CaseFile, _ expectation: Expectation) {
    self.file = file
    self.expectation = expectation
  }

  func check(_ kernel: BatchKernel<Float>) throws {
    let filled = file.filled(with: try file.results(of: kernel))
    let wrong = filled.results.filter {
      expectation.judge($0, layout: filled.layout)?.isRight == false
    }
    guard wrong.isEmpty else {
      throw Falsified("\(wrong.map(\.name).joined(separator: ", ")) of \(file.name) is wrong")
    }
  }

  var description: String { file.name }
}

extension CaseFile {
  /// What a kernel makes of the case.
  func results<Number>(of kernel: BatchKernel<Number>) throws -> Results {
    let (solution, pullback) = try kernel.valueWithPullback(
      problem.map { Number($0) }, .init(normalizes: usesL2Norm))
    var results = ["o": solution.o, "final_state": solution.finalState]
    if let cotangent {
      let gradient = try pullback(cotangent.map { Number($0) })
      results["dq"] = gradient.dq
      results["dk"] = gradient.dk
      results["dv"] = gradient.dv
      results["dbeta"] = gradient.dbeta
      results["dh0"] = gradient.dh0
    }
    return results.mapValues { $0.map { Double($0) } }
  }
}
