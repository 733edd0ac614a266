import DeltaRule

/// What a kernel made of a part of a case beside what it made of it in the whole.
public struct FileComparison: Sendable {
  public let law: FileLaw
  /// The names of the cases.
  public let part: String
  public let whole: String
  /// The results that both have.
  public let tensors: [Agreement]

  /// How near a result of the part is to the same one of the whole.
  public struct Agreement: Sendable {
    public let difference: Repeatability.Difference
    /// −log₂ of the root mean square of the differences over that of the values.
    public let bits: Double
    /// The difference over the largest that both may have, each as far from the exact values as it may be: of the whole
    /// tensor, of the worst row and of the worst element, the largest.
    public let ratio: Double
  }

  /// Whether no result differs by more than is excused.
  public var holds: Bool { tensors.allSatisfy { $0.ratio <= 1 } }
  /// Whether there was nothing to compare.
  public var isMissing: Bool { tensors.isEmpty }
  /// Whether nothing had to be: of a kernel without an option for the chunk length.
  public var isUnasked: Bool { isMissing && law == .chunk }
  /// Whether every result is the same bits.
  public var isBitwise: Bool { tensors.allSatisfy { $0.difference.differing == 0 } }

  init(
    _ origin: CaseExport.Origin, part name: String, _ part: JudgedCase?, whole: JudgedCase?
  ) {
    law = origin.law
    self.part = name
    self.whole = origin.whole
    guard let part, let whole else {
      tensors = []
      return
    }
    let place = whole.file.part(origin)
    let expectation = whole.expectation.cut(to: place, of: whole.file)
    tensors = part.file.results.compactMap { own in
      guard let same = whole.file.results.first(where: { $0.name == own.name }),
        let values = whole.file.cut(same.values, named: same.name, to: place)
      else { return nil }
      let inWhole = CaseFile.Result(name: same.name, values: values, storage: same.storage)
      guard let excused = part.expectation.excused(in: own),
        let excusedInWhole = expectation.excused(in: inWhole)
      else { return nil }
      let errors = own.values.errors(from: values)
      let (a, b) = (excused.ratios(of: errors), excusedInWhole.ratios(of: errors))
      let ratios =
        [together(a.whole, b.whole)] + zip(a.rows, b.rows).map(together)
        + zip(a.elements, b.elements).map(together)
      return Agreement(
        difference: Repeatability.Difference(own, [values]),
        bits: accuracy(
          errors: rootMeanSquare(errors), values: rootMeanSquare(values.elements.map(abs))),
        ratio: ratios.max() ?? 0)
    }
  }
}

/// d / (x + y), from d / x and d / y.
private func together(_ a: Double, _ b: Double) -> Double {
  a == 0 || b == 0 ? 0 : 1 / (1 / a + 1 / b)
}
