/// What was found of a form, in one object with what it was found for.
struct Entry<Finding: Encodable>: Encodable {
  private struct Subject: Encodable {
    let form: String
    let pass: String
    let numbers: String
    let batch: Int
    let heads: Int
    let keyWidth: Int
    let valueWidth: Int
  }

  private let subject: Subject
  private let finding: Finding

  init(_ form: String, _ setting: BenchmarkSetting, _ finding: Finding) {
    subject = Subject(
      form: form, pass: setting.pass.rawValue, numbers: setting.numbers,
      batch: setting.batch, heads: setting.heads, keyWidth: setting.keyDimension,
      valueWidth: setting.valueDimension)
    self.finding = finding
  }

  func encode(to encoder: any Encoder) throws {
    try subject.encode(to: encoder)
    try finding.encode(to: encoder)
  }
}

/// Why something was not timed.
struct LeftOutFinding: Encodable {
  let length: Int
  /// What it would take, where that is known.
  let bytes: Double?
  let reason: String
}
