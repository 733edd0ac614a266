import Algebra
import DeltaRule
import TensorFiles

/// How far the results of several runs of one kernel on one case differ.
public struct Repeatability: Sendable {
  /// The runs, by the names of their files, the first of which the others are compared with.
  public let runs: [String]
  public let differences: [Difference]

  /// What differs in one tensor.
  public struct Difference: Sendable {
    public let tensor: String
    /// How many elements are not the same bits in every run, of how many.
    public let differing: Int
    public let count: Int
    /// The largest difference in units in the last place of what is stored; infinite where one is finite
    /// and the other is not.
    public let ulps: Double
  }

  /// Whether every run gave the same bits.
  public var isBitwise: Bool { differences.allSatisfy { $0.differing == 0 } }

  /// - Precondition: there are two files or more.
  /// - Throws: `TensorFileError` where the files are not runs of one case.
  public init(of files: [CaseFile]) throws {
    precondition(files.count > 1, "one run is no repetition")
    let first = files[0]
    for other in files.dropFirst() {
      guard other.hasInputs(of: first) else {
        throw TensorFileError(
          file: other.name, problem: "its inputs are not those of \(first.name)",
          remedy: "run the kernel on the same case again")
      }
      guard other.results.map(\.name) == first.results.map(\.name),
        other.results.map(\.storage) == first.results.map(\.storage)
      else {
        throw TensorFileError(
          file: other.name, problem: "it does not hold the results that \(first.name) holds",
          remedy: "store the same tensors of the same types in every run")
      }
    }
    runs = files.map(\.name)
    differences = first.results.indices.map { i in
      Difference(first.results[i], files.dropFirst().map { $0.results[i].values })
    }
  }
}

extension Repeatability.Difference {
  init(_ result: CaseFile.Result, _ others: [Tensor<Double>]) {
    tensor = result.name
    count = result.values.elements.count
    var differing = 0
    var ulps = 0.0
    for (i, value) in result.values.elements.enumerated() {
      let strangers = others.map { $0.elements[i] }.filter { $0.bitPattern != value.bitPattern }
      if strangers.isEmpty { continue }
      differing += 1
      for other in strangers {
        let unit = result.storage.format.ulp(max(abs(value), abs(other)))
        let distance = abs(other - value) / unit
        ulps = max(ulps, distance.isFinite ? distance : .infinity)
      }
    }
    self.differing = differing
    self.ulps = ulps
  }
}

extension CaseFile {
  fileprivate func hasInputs(of other: CaseFile) -> Bool {
    let (a, b) = (problem, other.problem)
    return a.q == b.q && a.k == b.k && a.v == b.v && a.beta == b.beta && a.scale == b.scale
      && a.initialState == b.initialState && a.boundaries == b.boundaries
      && usesL2Norm == other.usesL2Norm && cotangent?.o == other.cotangent?.o
      && cotangent?.finalState == other.cotangent?.finalState
  }
}
