import Algebra
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
    /// What its inputs are stored in.
    let precision: Precision
    public let outcome: Outcome
  }

  public enum Outcome: Sendable {
    /// With the results that are not in the file, or all where there is no file.
    case judged(Judgement, missing: [String])
    case missing([String])
    /// Nothing, of a case that only kernels with an option fill: chunks of another length.
    case notAsked
    case rejected(TensorFileError)
  }

  public enum Verdict: String, Sendable {
    case right
    case wrong
    case incomplete
    /// It could not be judged.
    case rejected
  }

  /// Judges every case of the export in a folder, and holds the laws across files against them.
  ///
  /// The inputs are derived once more from the manifest's seed; a file that has others is rejected.
  ///
  /// - Parameters:
  ///   - seed: what the seed must be, where the manifest cannot be trusted to tell it.
  ///   - profile: what the profile must be, likewise.
  /// - Throws: `TensorFileError` where the folder holds no manifest, or one of another seed or profile, or case files of
  ///   none.
  public init(
    folder: String, seed: UInt64? = nil, profile: Profile? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    let manifest = try Manifest(folder: folder)
    try manifest.require(seed: seed, profile: profile, in: folder)
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
          outcome =
            export.origin?.law == .chunk ? .notAsked : .missing(expectedResults(of: inputs))
        }
      } catch let error as TensorFileError {
        outcome = .rejected(error)
      }
      entries.append(
        Entry(
          name: export.name, regimes: export.regimes,
          precision: Precision(export.precision) ?? .f64, outcome: outcome))
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
  // What a link leads to need not be there.
  let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
  guard isLink || FileManager.default.fileExists(atPath: path) else { return nil }
  let file = try TensorFile(safetensors: path)
  for name in CaseFile.inputs where file.tensors[name] != inputs.tensors[name] {
    throw TensorFileError(
      file: path, tensor: name, problem: "is not the input that was exported",
      remedy: "add results to the exported file, and leave everything else in it as it is")
  }
  for key in CaseFile.inputMetadata where file.metadata[key] != inputs.metadata[key] {
    throw TensorFileError(
      file: path, problem: "its metadata '\(key)' is not what was exported",
      remedy: "write the file with the metadata that it had")
  }
  let results = CaseFile.forwardResults + CaseFile.gradients
  guard results.contains(where: { file.tensors[$0] != nil }) else { return nil }
  return try CaseFile(name: path, file: file)
}

// MARK: - The verdict

extension Scorecard {
  /// The worst of all.
  public var verdict: Verdict {
    Verdict.worst(of: entries.compactMap(\.verdict) + laws.map { $0.holds ? .right : .wrong })
      ?? .right
  }

  /// The cases whose kernel claims less than the precision of their inputs.
  public var modest: [Entry] {
    entries.filter(\.claimsLess)
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
      Verdict.worst(of: entries.compactMap { $0.verdict(on: tensors) })
    }
  }
}

extension Scorecard.Verdict {
  fileprivate static func worst(of verdicts: [Self]) -> Self? {
    [.rejected, .wrong, .incomplete, .right].first(where: verdicts.contains)
  }
}

extension Scorecard.Entry {
  public var judgement: Judgement? {
    if case .judged(let judgement, _) = outcome { judgement } else { nil }
  }

  /// Whether the kernel claims less than the precision of its inputs.
  var claimsLess: Bool {
    guard let claimed = judgement?.file.precision else { return false }
    return claimed.format.significandBits < precision.format.significandBits
  }

  /// The results that are not there.
  public var missing: [String] {
    switch outcome {
    case .judged(_, let missing), .missing(let missing): missing
    case .rejected, .notAsked: []
    }
  }

  /// Nil where nobody asked.
  public var verdict: Scorecard.Verdict? {
    verdict(on: CaseFile.forwardResults + CaseFile.gradients)
  }

  /// The verdict on some results; nil where none of them is expected.
  func verdict(on tensors: [String]) -> Scorecard.Verdict? {
    if case .rejected = outcome { return .rejected }
    let judged = (judgement?.tensors ?? []).filter { tensors.contains($0.name) }
    if judged.contains(where: { !$0.isRight }) { return .wrong }
    if missing.contains(where: tensors.contains) { return .incomplete }
    return judged.isEmpty ? nil : .right
  }
}
