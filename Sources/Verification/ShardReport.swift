import DeltaRuleGPU
import FoundationEssentials
public import PropertyTesting
internal import Reporting
public import TensorFiles

/// What one shard of a run found: a file between machines, or a message between ranks.
public struct ShardReport: Sendable, Codable {
  public let seed: UInt64
  public let cases: Int?
  public let only: String?
  /// The name of the device whose kernels were checked; nil where it was the processor.
  public let device: String?
  public let shard: Shard
  let reports: [Report]
}

extension ShardReport {
  public init(_ outcome: Verification.Outcome) {
    let verification = outcome.verification
    self.init(
      seed: verification.seed, cases: verification.cases, only: verification.subject,
      device: verification.device.map { "\($0)" }, shard: verification.shard,
      reports: outcome.laws.flatMap { $0.reports.map(\.report) })
  }

  private static let (infinity, negativeInfinity, nan) = ("inf", "-inf", "nan")

  public func json() throws -> String {
    try encoded(
      self, onOneLine: true,
      nonFinite: .convertToString(
        positiveInfinity: Self.infinity, negativeInfinity: Self.negativeInfinity, nan: Self.nan))
  }

  /// - Parameter origin: what errors call it: a file, a rank.
  /// - Throws: `TensorFileError` where this is no report of a shard.
  public init(json bytes: [UInt8], from origin: String) throws(TensorFileError) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: Self.infinity, negativeInfinity: Self.negativeInfinity, nan: Self.nan)
    guard let report = try? decoder.decode(ShardReport.self, from: Data(bytes)), report.isPossible
    else {
      throw TensorFileError(
        file: origin, problem: "is not what a shard found",
        remedy: "write it with 'deltanet-verify --shard I/N --json FILE'")
    }
    self = report
  }

  /// - Throws: `TensorFileError` where the file cannot be read, or is no report of a shard.
  public init(path: String) throws(TensorFileError) {
    self = try ShardReport(json: contents(ofFile: path), from: path)
  }

  /// Whether its numbers can be those of a run: then they can be added up.
  private var isPossible: Bool {
    let possible = 0...1 << 40
    return possible.contains(cases ?? 1)
      && reports.allSatisfy { report in
        possible.contains(report.held) && possible.contains(report.discarded)
          && report.observations.labels.values.allSatisfy(possible.contains)
          && !report.observations.samples.values.contains(where: \.isEmpty)
          && report.counterexample.map { found in
            found.replay.property == report.id && possible.contains(found.shrinks)
              && possible.contains(found.attempts)
              && [found.original, found.minimal, found.reason].allSatisfy(\.isPlain)
          } != false
      }
  }
}

extension Shard {
  /// Whether what is checked exhaustively, in the place `index`, is checked by this shard: it is not divided, but dealt out.
  func isDealt(_ index: Int) -> Bool { index % count == number - 1 }
}

extension LawInstance {
  /// Whether a report can be that of a shard.
  fileprivate func isPossible(
    _ report: Report, in shard: Shard, cases: Int?, isDealt: Bool
  ) -> Bool {
    if isExhaustive {
      return isDealt ? !report.holds || report.held > 0 : report == Report(id: property.id)
    }
    let share = shard.cases(of: cases ?? property.cases).count
    switch report.verdict {
    case .holds: return report.held == share
    case .fails, .gaveUp: return report.held < share
    case .neverGenerated(let regimes):
      return report.held == share && !regimes.isEmpty
        && regimes.allSatisfy(property.requiredLabels.contains)
    }
  }
}

extension Verification {
  /// What one run of everything would have found, from what all its shards have: the same bytes.
  ///
  /// - Parameter shards: in any order, each with what errors call it.
  /// - Throws: `TensorFileError` where they are not all shards of this run, each once.
  public func joined(
    _ shards: [(origin: String, report: ShardReport)]
  ) throws(TensorFileError) -> Outcome {
    var sorted: [Int: (origin: String, report: ShardReport)] = [:]
    for (origin, report) in shards {
      try check(report, from: origin, count: shards[0].report.shard.count)
      if let other = sorted.updateValue((origin, report), forKey: report.shard.number) {
        throw TensorFileError(
          file: origin, problem: "is shard \(report.shard.rawValue), as \(other.origin.quoted) is",
          remedy: "merge each shard once")
      }
    }
    var reports: [[Report]] = []
    for number in 1...max(1, shards.first?.report.shard.count ?? 1) {
      guard let shard = sorted[number] else {
        throw TensorFileError(
          file: shards.first?.origin ?? "the shards",
          problem: "shard \(number) is missing beside it",
          remedy: "run it, and name its file, too")
      }
      reports.append(shard.report.reports)
    }
    var whole = self
    whole.shard = .whole
    return whole.outcome(
      instances.enumerated().map { index, instance in
        instance.joined(reports.map { $0[index] }, of: whole.search)
      })
  }

  private func check(
    _ report: ShardReport, from origin: String, count: Int
  ) throws(TensorFileError) {
    func require(
      _ name: String, _ found: String, _ expected: String
    ) throws(TensorFileError) {
      guard found != expected else { return }
      throw TensorFileError(
        file: origin, problem: "its \(name) is \(found.quoted), and not \(expected.quoted)",
        remedy: "merge shards of one run")
    }
    try require("seed", "\(report.seed)", "\(seed)")
    try require(
      "number of cases", report.cases.map { "\($0)" } ?? "each law's own",
      cases.map { "\($0)" } ?? "each law's own")
    try require("subject", report.only ?? "everything", subject ?? "everything")
    try require("device", report.device ?? "cpu", device.map { "\($0)" } ?? "cpu")
    try require("number of shards", "\(report.shard.count)", "\(count)")
    let (found, checks) = (report.reports.map(\.id), instances.map(\.property.id))
    guard found == checks else {
      let other = Set(found).symmetricDifference(checks).min() ?? "their order"
      throw TensorFileError(
        file: origin, problem: "has other checks than this program here: \(other.quoted)",
        remedy: "run all shards, and merge them, by one program on machines of one kind")
    }
    for (index, (instance, found)) in zip(instances, report.reports).enumerated()
    where !instance.isPossible(
      found, in: report.shard, cases: cases, isDealt: report.shard.isDealt(index))
    {
      throw TensorFileError(
        file: origin,
        problem: "\(found.id.quoted) has \(found.held) cases that hold, which cannot be",
        remedy: "run shard \(report.shard.rawValue) again, with this program")
    }
  }
}

extension String {
  /// Whether a terminal shows it as it stands.
  fileprivate var isPlain: Bool {
    unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
  }
}
