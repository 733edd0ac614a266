import DeltaRule
public import DeltaRuleGPU
import PropertyTesting

extension Law {
  /// The laws about kernels, for those of a device.
  ///
  /// - Parameters:
  ///   - seed: what the exported cases are derived from.
  ///   - isWide: whether kernels fill cases as wide as heads of models, too.
  public static func laws(
    about device: Device, seed: UInt64, wide isWide: Bool = false
  ) async throws -> [Law] {
    let exports = CaseExport.all + (isWide ? CaseExport.wide : [])
    let caseFiles = try await caseFiles(DeviceKernel.all(on: device), exports, seed: seed)
    let primitives = device.uncheckedPrimitives == nil ? [devicePrimitives(of: device)] : []
    return primitives + drawnLaws(about: device) + [caseFiles]
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

  private static func caseFiles(
    _ kernels: [DeviceKernel], _ exports: [CaseExport], seed: UInt64
  ) async throws -> Law {
    let files = try exports.map { try $0.unfilled(seed: seed) }
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
      "What a kernel makes of the exported cases, forwards and backwards, is right by the rule of 'check', and the "
        + "same bits again.",
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
            } check: { judge, seen in
              try judge.check(kernel.kernel, &seen)
            })
        }))
  }
}

extension Tensor<Double> {
  fileprivate var bits: [UInt64] { elements.map(\.bitPattern) }
}

/// An exported case, and what to expect of kernels that fill it.
struct CaseJudge: Sendable, CustomStringConvertible {
  let file: CaseFile
  let expectation: Expectation

  init(file: CaseFile, _ expectation: Expectation) {
    self.file = file
    self.expectation = expectation
  }

  /// What the quantities are called, and then the name of the tensor.
  static let relativeError = "relative error of "

  func check(_ kernel: BatchKernel<Float>, _ seen: inout Observations) throws {
    let results = try file.results(of: kernel)
    let filled = file.filled(with: results)
    for tensor in filled.results.compactMap({ expectation.judge($0, in: filled) }) {
      guard tensor.isRight else {
        throw Falsified(
          "\(tensor.name) of \(file.name) is wrong: \(tensor.worst), and \(tensor.ratio) times the largest error "
            + "that is excused")
      }
      seen.record("error / bound", tensor.ratio)
    }
    // Before the file's own format rounds them.
    for (name, values) in results {
      guard let exact = expectation.exact[name] else { continue }
      let size = rootMeanSquare(exact.elements.map(abs))
      if size == 0 { continue }
      seen.record(
        Self.relativeError + name, rootMeanSquare(values.errors(from: exact)) / size)
    }
    let again = try file.results(of: kernel)
    let changed = results.keys.sorted().filter { results[$0]?.bits != again[$0]?.bits }
    guard changed.isEmpty else {
      throw Falsified(
        "\(changed.joined(separator: ", ")) of \(file.name) has other bits the second time")
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

extension Device {
  /// Why its primitives are not held to those on record; nil where they are.
  var uncheckedPrimitives: String? {
    switch (language, deviceName) {
    case (.openCL, _): "\(deviceName) has none of those of CUDA"
    case (_, .emulated): "those on record are its own"
    default: nil
    }
  }
}
