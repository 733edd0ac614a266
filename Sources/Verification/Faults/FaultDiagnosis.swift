import DeltaRule
import TensorFiles

/// How the judge of case files deals with a fault.
public struct FaultDiagnosis: Sendable {
  public let fault: Fault
  /// The first exported case on which it is rejected; nil where it passes all.
  public let rejectedOn: String?
  /// The faults and precisions that the diagnosis names, the likeliest first.
  public let named: [String]

  /// Whether the diagnosis names the fault itself.
  public var isRight: Bool { named.contains(fault.rawValue) }

  /// Fills every exported case with kernels of every fault, in chunks of 16, and judges them until one is
  /// rejected.
  public static func all(
    _ faults: [Fault] = Fault.allCases, seed: UInt64, jobs: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> [FaultDiagnosis] {
    var cases: [(file: CaseFile, expectation: Expectation)] = []
    for export in CaseExport.all {
      let file = try export.unfilled(seed: seed)
      cases.append((file, try await Expectation(for: file)))
    }
    let files = cases
    return try await concurrently(faults, jobs: jobs, progress: progress) { fault in
      await Result { () async throws -> FaultDiagnosis in
        for (file, expectation) in files {
          let filled = try file.filled(by: fault, chunkLength: 16)
          let tensors = await expectation.judge(filled)
          if tensors.allSatisfy(\.isRight) { continue }
          let findings = try await Diagnosis(filled, expectation, tensors).findings
          return FaultDiagnosis(
            fault: fault, rejectedOn: file.name, named: findings.compactMap(\.name))
        }
        return FaultDiagnosis(fault: fault, rejectedOn: nil, named: [])
      }
    }.map { try $0.get() }
  }
}

extension Result where Failure == any Error {
  /// What `body` returns or throws.
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
