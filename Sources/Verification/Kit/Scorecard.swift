import FoundationEssentials
internal import Reporting
public import TensorFiles

/// What a kernel made of the cases of an export.
public struct Scorecard: Sendable {
  public let manifest: Manifest
  public let entries: [Entry]
  public let laws: [FileComparison]

  /// What came of a case.
  public struct Entry: Sendable {
    public let name: String
    public let regimes: [String]
    public let outcome: Outcome
  }

  public enum Outcome: Sendable {
    /// With the results that are not in the file, or all where there is no file.
    case judged(Judgement, missing: [String])
    case missing([String])
    case rejected(TensorFileError)
  }

  public enum Verdict: String, Sendable {
    case right
    case wrong
    case incomplete
  }

  /// Judges every case of the export in a folder, and holds the laws across files against them.
  ///
  /// The inputs are derived once more from the manifest's seed; a file that has others is rejected.
  ///
  /// - Parameter seed: what the seed must be, where the manifest cannot be trusted to tell it.
  /// - Throws: `TensorFileError` where the folder holds no manifest, or one of another seed.
  public init(
    folder: String, seed: UInt64? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    let manifest = try Manifest(folder: folder)
    if let seed, seed != manifest.seed {
      throw TensorFileError(
        file: "\(folder)/\(Manifest.fileName)",
        problem: "its seed is \(manifest.seed), and not \(seed)",
        remedy: "fill the cases that were exported with that seed")
    }
    let cases = manifest.profile.cases
    let wholes = Set(cases.compactMap { $0.origin?.whole })
    var judged: [String: JudgedCase] = [:]
    var entries: [Entry] = []
    var laws: [FileComparison] = []
    for (n, export) in cases.enumerated() {
      progress(n, cases.count)
      var found: JudgedCase?
      let outcome: Outcome
      do {
        let inputs = try manifest.inputs(of: export)
        if let file = try filledCase(export, inputs, in: folder) {
          let expectation = try await Expectation(for: file)
          found = JudgedCase(file: file, expectation: expectation)
          let held = file.results.map(\.name)
          outcome = .judged(
            try await Judgement(of: file, expectation),
            missing: expectedResults(of: inputs).filter { !held.contains($0) })
        } else {
          outcome = .missing(expectedResults(of: inputs))
        }
      } catch let error as TensorFileError {
        outcome = .rejected(error)
      }
      entries.append(Entry(name: export.name, regimes: export.regimes, outcome: outcome))
      if wholes.contains(export.name) { judged[export.name] = found }
      if let origin = export.origin {
        laws.append(
          FileComparison(origin, part: export.name, found, whole: judged[origin.whole]))
      }
    }
    progress(cases.count, cases.count)
    self.manifest = manifest
    self.entries = entries
    self.laws = laws
  }
}

/// A case that has been filled, and what was expected of it.
struct JudgedCase: Sendable {
  let file: CaseFile
  let expectation: Expectation
}

/// Reads a case of an export; nil where it has not been filled.
///
/// - Throws: `TensorFileError` where its inputs are not those that were exported.
private func filledCase(
  _ export: CaseExport, _ inputs: TensorFile, in folder: String
) throws -> CaseFile? {
  let path = "\(folder)/\(export.fileName)"
  guard FileManager.default.fileExists(atPath: path) else { return nil }
  let file = try TensorFile(safetensors: path)
  for name in CaseFile.inputs where file.tensors[name] != inputs.tensors[name] {
    throw TensorFileError(
      file: path, tensor: name, problem: "is not the input that was exported",
      remedy: "add results to the exported file, and leave everything else in it as it is")
  }
  for key in CaseFile.inputMetadata where file.metadata[key] != inputs.metadata[key] {
    throw TensorFileError(
      file: path, problem: "its metadata '\(key)' are not those that were exported",
      remedy: "write the file with the metadata that it had")
  }
  guard file.tensors["o"] != nil else { return nil }
  return try CaseFile(name: path, file: file)
}

// MARK: - The verdict

extension Scorecard {
  /// Wrong where anything is; incomplete where results are missing.
  public var verdict: Verdict {
    if entries.contains(where: { $0.verdict == .wrong }) || laws.contains(where: { !$0.holds }) {
      .wrong
    } else if entries.contains(where: { $0.verdict == .incomplete }) {
      .incomplete
    } else {
      .right
    }
  }

  /// Why files were rejected.
  public var rejections: [TensorFileError] {
    entries.compactMap { if case .rejected(let error) = $0.outcome { error } else { nil } }
  }

  /// Every regime that the cases have, in the order in which they first have it.
  public var regimes: [Regime] {
    entries.flatMap(\.regimes).unique.map { name in
      Regime(name: name, entries: entries.filter { $0.regimes.contains(name) })
    }
  }

  /// What the cases that have something in common say.
  public struct Regime: Sendable {
    public let name: String
    public let entries: [Entry]

    /// The verdict on outputs and final states.
    public var forward: Verdict? { verdict(on: CaseFile.forwardResults) }
    /// The verdict on gradients; nil where none are expected.
    public var gradients: Verdict? { verdict(on: CaseFile.gradients) }
    /// The fewest bits of any tensor.
    public var bits: Double? {
      entries.flatMap { $0.judgement?.tensors ?? [] }.map(\.bits).min()
    }
    /// The tensor nearest to its limit, or furthest beyond, and its case.
    public var worst: (entry: Entry, tensor: TensorJudgement)? {
      entries.flatMap { entry in (entry.judgement?.tensors ?? []).map { (entry, $0) } }
        .max { $0.1.ratio < $1.1.ratio }
    }

    private func verdict(on tensors: [String]) -> Verdict? {
      let verdicts = entries.compactMap { $0.verdict(on: tensors) }
      return verdicts.contains(.wrong)
        ? .wrong : verdicts.contains(.incomplete) ? .incomplete : verdicts.first
    }
  }
}

extension Scorecard.Entry {
  public var judgement: Judgement? {
    if case .judged(let judgement, _) = outcome { judgement } else { nil }
  }

  /// The results that are not there.
  public var missing: [String] {
    switch outcome {
    case .judged(_, let missing), .missing(let missing): missing
    case .rejected: []
    }
  }

  public var verdict: Scorecard.Verdict {
    verdict(on: CaseFile.forwardResults + CaseFile.gradients) ?? .wrong
  }

  /// The verdict on some results; nil where none of them is expected.
  func verdict(on tensors: [String]) -> Scorecard.Verdict? {
    if case .rejected = outcome { return .wrong }
    let judged = (judgement?.tensors ?? []).filter { tensors.contains($0.name) }
    if judged.contains(where: { !$0.isRight }) { return .wrong }
    if missing.contains(where: tensors.contains) { return .incomplete }
    return judged.isEmpty ? nil : .right
  }
}
