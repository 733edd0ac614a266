import DeltaRule
import DeltaRuleGPU
import FoundationEssentials
public import PropertyTesting
internal import Reporting
import TensorFiles

extension Verification.Outcome {
  /// The run for machines: keys sorted, so that the same run gives the same bytes.
  public func json() throws -> String { try encoded(document) }

  fileprivate var document: OutcomeDocument {
    OutcomeDocument(
      seed: seed, holds: holds, leftOut: leftOut,
      checks: laws.flatMap { law, reports in
        reports.map { instance, report in
          let found = report.counterexample
          return OutcomeDocument.Check(
            id: report.id, law: law.id, subject: instance.subject, over: instance.numbers,
            statement: law.statement, theorem: law.theorem, cases: report.held,
            discarded: report.discarded, exhaustive: instance.isExhaustive, holds: report.holds,
            failure: failure(of: report), reason: found?.reason, smallestCase: found?.minimal,
            replay: (found?.replay).map { "\($0)" }, regimes: report.observations.labels,
            maxima: report.observations.maxima.filter(\.value.isFinite))
        }
      })
  }
}

extension SelfTest {
  /// The device, and the run, for machines.
  public func json() throws -> String {
    try encoded(
      SelfTestDocument(
        device: SelfTestDocument.Device(
          name: "\(device.deviceName)", model: device.name, architecture: device.architecture,
          multiprocessors: device.multiprocessors, sharedMemory: device.sharedMemoryLimit),
        holds: holds, leftOut: leftOut, summary: outcome.summary, laws: outcome.document,
        times: try? times?.get().document, timesFailure: timesFailure))
  }
}

extension SelfTest {
  private var timesFailure: String? {
    if case .failure(let error) = times { "\(error)" } else { nil }
  }
}

private struct SelfTestDocument: Encodable {
  struct Device: Encodable {
    let name: String
    let model: String
    let architecture: String
    let multiprocessors: Int
    let sharedMemory: Int
  }

  let device: Device
  let holds: Bool
  let leftOut: String?
  let summary: String
  let laws: OutcomeDocument
  let times: DeviceBenchmarkDocument?
  let timesFailure: String?
}

private struct OutcomeDocument: Encodable {
  struct Check: Encodable {
    let id: String
    let law: String
    let subject: String
    let over: String
    let statement: String
    let theorem: String
    let cases: Int
    let discarded: Int
    let exhaustive: Bool
    let holds: Bool
    let failure: String?
    let reason: String?
    let smallestCase: String?
    let replay: String?
    let regimes: [String: Int]
    /// The largest value of each quantity.
    let maxima: [String: Double]
  }

  let seed: UInt64
  let holds: Bool
  let leftOut: String?
  let checks: [Check]
}

extension [Verdict] {
  /// The verdicts for machines, and how the files differ where they are runs of one case. A number that is
  /// not finite is left out.
  public func json(_ repeatability: Repeatability? = nil) throws -> String {
    let verdicts = map(JudgementDocument.init)
    guard let repeatability else { return try encoded(verdicts) }
    return try encoded(
      RepeatDocument(
        verdicts: verdicts, bitwise: repeatability.isBitwise,
        differences: repeatability.differences.map {
          RepeatDocument.Difference(
            tensor: $0.tensor, differing: $0.differing, count: $0.count,
            ulps: finite($0.ulps))
        }))
  }
}

private struct RepeatDocument: Encodable {
  struct Difference: Encodable {
    let tensor: String
    let differing: Int
    let count: Int
    let ulps: Double?
  }

  let verdicts: [JudgementDocument]
  let bitwise: Bool
  let differences: [Difference]
}

private struct JudgementDocument: Encodable {
  struct Entry: Encodable {
    let name: String
    let right: Bool
    let whole: Double?
    let row: Double?
    let element: Double?
    let bias: Double?
    let bits: Double
    let honestBits: Double
    let bitsOverTokens: [Double]
    let worst: String
    let value: Double?
    let expected: Double?

    init(_ tensor: TensorJudgement) {
      name = tensor.name
      right = tensor.isRight
      whole = finite(tensor.whole)
      row = finite(tensor.row)
      element = finite(tensor.element)
      bias = finite(tensor.bias)
      bits = tensor.bits
      honestBits = tensor.honestBits
      bitsOverTokens = tensor.bitsOverTokens
      worst = tensor.worst
      value = tensor.worstElement.flatMap { finite($0.value) }
      expected = tensor.worstElement.map(\.expected)
    }
  }

  let file: String
  let right: Bool?
  let error: String?
  let precision: String?
  let tensors: [Entry]
  /// What a mistake looks like.
  let diagnosis: [Remark]

  struct Remark: Encodable {
    let text: String
    /// The name of the fault or of the precision model, where it is one.
    let name: String?
  }

  init(_ verdict: Verdict) {
    file = verdict.judgement?.file.name ?? verdict.error?.file ?? ""
    right = verdict.judgement?.isRight
    error = verdict.error.map { "\($0)" }
    precision = verdict.judgement?.file.precision.rawValue
    tensors = (verdict.judgement?.tensors ?? []).map(Entry.init)
    diagnosis = (verdict.judgement?.diagnosis ?? []).map {
      Remark(text: $0.text, name: $0.name)
    }
  }
}

extension Scorecard {
  /// The scorecard for machines.
  public func json() throws -> String {
    try encoded(
      ScorecardDocument(
        profile: manifest.profile.rawValue, seed: manifest.seed,
        forwardOnly: manifest.isForwardOnly, verdict: verdict.rawValue,
        cases: entries.map { entry in
          ScorecardDocument.Entry(
            name: entry.name, regimes: entry.regimes, verdict: entry.verdict?.rawValue,
            missing: entry.missing, judgement: entry.document)
        },
        regimes: regimes.map {
          ScorecardDocument.Regime(
            name: $0.name, cases: $0.entries.count, forward: $0.forward?.rawValue,
            gradients: $0.gradients?.rawValue, bits: $0.bits)
        },
        laws: laws.map { law in
          ScorecardDocument.Comparison(
            law: law.law.rawValue, part: law.part, whole: law.whole,
            holds: law.isMissing ? nil : law.holds,
            tensors: law.tensors.map {
              ScorecardDocument.Agreement(
                tensor: $0.difference.tensor, differing: $0.difference.differing,
                count: $0.difference.count, ulps: finite($0.difference.ulps),
                bits: $0.bits, ratio: finite($0.ratio))
            })
        }))
  }
}

extension Scorecard.Entry {
  fileprivate var document: JudgementDocument? {
    switch outcome {
    case .judged(let judgement, _): JudgementDocument(.judged(judgement))
    case .rejected(let error): JudgementDocument(.unreadable(error))
    case .missing, .notAsked: nil
    }
  }
}

private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

private struct ScorecardDocument: Encodable {
  struct Entry: Encodable {
    let name: String
    let regimes: [String]
    /// Nothing where nobody asked.
    let verdict: String?
    let missing: [String]
    let judgement: JudgementDocument?
  }

  struct Regime: Encodable {
    let name: String
    let cases: Int
    let forward: String?
    let gradients: String?
    let bits: Double?
  }

  struct Comparison: Encodable {
    let law: String
    let part: String
    let whole: String
    /// Nothing where there was nothing to compare.
    let holds: Bool?
    let tensors: [Agreement]
  }

  struct Agreement: Encodable {
    let tensor: String
    let differing: Int
    let count: Int
    let ulps: Double?
    let bits: Double
    let ratio: Double?
  }

  let profile: String
  let seed: UInt64
  let forwardOnly: Bool
  let verdict: String
  let cases: [Entry]
  let regimes: [Regime]
  let laws: [Comparison]
}

extension [Attack.Worst] {
  /// What an attack found, for machines.
  public func json() throws -> String {
    try encoded(
      map {
        WorstDocument(
          replay: "\($0.replay)", value: $0.value.isFinite ? $0.value : nil, reason: $0.reason)
      })
  }
}

private struct WorstDocument: Encodable {
  let replay: String
  let value: Double?
  let reason: String?
}

extension KillMatrix {
  /// The matrix for machines: every law that catches a fault.
  public func json() throws -> String {
    try encoded(
      KillMatrixDocument(
        seed: seed, complete: isComplete,
        falseAlarms: falseAlarms.map(KillMatrixDocument.Kill.init),
        faults: rows.map { row in
          KillMatrixDocument.Row(
            fault: row.fault.rawValue, summary: row.fault.summary, thread: row.fault.thread,
            kills: row.kills.map(KillMatrixDocument.Kill.init))
        }))
  }
}

private struct KillMatrixDocument: Encodable {
  struct Kill: Encodable {
    let law: String
    let cases: Int
    let smallestCase: String
    let reason: String

    init(_ kill: KillMatrix.Kill) {
      law = kill.law
      cases = kill.cases
      smallestCase = kill.counterexample.minimal
      reason = kill.counterexample.reason
    }
  }

  struct Row: Encodable {
    let fault: String
    let summary: String
    let thread: String?
    let kills: [Kill]
  }

  let seed: UInt64
  let complete: Bool
  let falseAlarms: [Kill]
  let faults: [Row]
}

extension [FaultDiagnosis] {
  /// The diagnoses for machines.
  public func json() throws -> String {
    try encoded(
      map {
        DiagnosisDocument(fault: $0.fault.rawValue, rejectedOn: $0.rejectedOn, named: $0.named)
      })
  }
}

private struct DiagnosisDocument: Encodable {
  let fault: String
  let rejectedOn: String?
  let named: [String]
}
