public import Algebra
public import DeltaRule
public import PropertyTesting

/// A statement that must hold, stated once: `swift test` and `deltanet-verify` run the same value.
public struct Law: Sendable, Identifiable {
  /// A short code: `EQ`.
  public let id: String
  /// What it is called.
  public let title: String
  /// What it says, in one sentence.
  public let statement: String
  /// What it says, as a formula.
  public let formula: String
  /// The label of its theorem, with its page: `Proofs/Chunkwise.md#chunkwise`.
  public let theorem: String
  /// The law for each thing that it speaks about.
  public let instances: [LawInstance]
  /// What it would speak about, too, were it here.
  let leftOut: [String]
  private let about: @Sendable (Candidate) -> LawInstance?

  init(
    _ id: String, _ title: String, _ statement: String, formula: String, theorem: String,
    _ checks: Checks...
  ) {
    self.init(id, title, statement, formula: formula, theorem: theorem, checks)
  }

  init(
    _ id: String, _ title: String, _ statement: String, formula: String, theorem: String,
    _ checks: [Checks]
  ) {
    self.id = id
    self.title = title
    self.statement = statement
    self.formula = formula
    self.theorem = theorem
    instances = checks.flatMap(\.instances)
    leftOut = checks.flatMap(\.leftOut)
    about = { candidate in checks.lazy.compactMap { $0.about(candidate) }.first }
  }

  /// This law for a kernel of yours; nil where it does not speak about kernels.
  public func instance(for candidate: Candidate) -> LawInstance? { about(candidate) }
}

/// A kernel that laws may speak about, beside the formulations of this package.
public struct Candidate: Sendable {
  /// What it does with one head.
  public let formulation: Formulation<PrimeField>
  /// What it does with a batch.
  public let kernel: Kernel<PrimeField>
  /// What it does with a batch whose queries and keys it normalises itself; nil where it cannot.
  public let normalizing: Kernel<DoubleDouble>?

  /// - Parameter kernel: where nil, the formulation head by head.
  public init(
    _ formulation: Formulation<PrimeField>, kernel: Kernel<PrimeField>? = nil,
    normalizing: Kernel<DoubleDouble>? = nil
  ) {
    self.formulation = formulation
    self.kernel = kernel ?? Kernel(formulation)
    self.normalizing = normalizing
  }
}

/// A law for some things, and for what it may speak about besides.
struct Checks: ExpressibleByArrayLiteral, Sendable {
  let instances: [LawInstance]
  let leftOut: [String]
  let about: @Sendable (Candidate) -> LawInstance?

  init(
    _ instances: [LawInstance], leftOut: [String] = [],
    about: @escaping @Sendable (Candidate) -> LawInstance? = { _ in nil }
  ) {
    self.instances = instances
    self.leftOut = leftOut
    self.about = about
  }

  init(arrayLiteral elements: LawInstance...) { self.init(elements) }
}

/// A law for one formulation, or for one number type.
public struct LawInstance: Sendable {
  /// What is judged: the name of a formulation, of a type or of a construction.
  public let subject: String
  /// The numbers it is judged with.
  public let numbers: String
  public let property: Property
  /// Whether every case there is gets checked, rather than a sample.
  public let isExhaustive: Bool

  init(
    _ subject: String, numbers: String, isExhaustive: Bool = false, _ property: Property
  ) {
    self.subject = subject
    self.numbers = numbers
    self.isExhaustive = isExhaustive
    self.property = property
  }

  /// Whether it is judged in floating point, not exactly.
  public var isFloatingPoint: Bool {
    ["Float", "Double", "bfloat16", "float16", "tf32", "mixed precision", "106 bits"].contains(
      numbers)
  }

  /// No exhaustive law has more cases.
  static let exhaustiveLimit = 1_000_000

  /// Runs the law. An exhaustive one depends neither on the seed nor on the number of cases.
  public func check(_ search: Search) -> Report {
    guard isExhaustive else { return property.check(search) }
    guard let report = property.checkExhaustively(limit: Self.exhaustiveLimit) else {
      preconditionFailure("\(property.id) has more than \(Self.exhaustiveLimit) cases")
    }
    return report
  }

  /// The report of a search from those of its shards, in their order.
  func joined(_ shards: [Report], of search: Search) -> Report {
    isExhaustive ? Report(joining: shards) : property.joined(shards, of: search)
  }
}

extension LawInstance {
  /// A law about formulations, once for each.
  ///
  /// - Parameter isOpen: whether it may speak of candidates, too.
  static func formulations<Value: Sendable>(
    _ law: String, cases: Int, requiring labels: [String] = [], isOpen: Bool = true,
    where isIncluded: @escaping @Sendable (Formulation<PrimeField>) -> Bool = { _ in true },
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (Formulation<PrimeField>, Value, inout Observations) throws -> Void
  ) -> Checks {
    candidates(
      law, cases: cases, requiring: labels, isOpen: isOpen, where: isIncluded, for: draw
    ) { candidate, value, seen in try check(candidate.formulation, value, &seen) }
  }

  /// A law about what formulations, or kernels, make of batches.
  static func candidates<Value: Sendable>(
    _ law: String, cases: Int, requiring labels: [String] = [], isOpen: Bool = true,
    where isIncluded: @escaping @Sendable (Formulation<PrimeField>) -> Bool = { _ in true },
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (Candidate, Value, inout Observations) throws -> Void
  ) -> Checks {
    @Sendable
    func about(_ candidate: Candidate) -> LawInstance? {
      guard isIncluded(candidate.formulation) else { return nil }
      return LawInstance.about(
        candidate.formulation, law, cases: cases, requiring: labels, for: draw
      ) { _, value, seen in try check(candidate, value, &seen) }
    }
    let instances = PrimeField.formulations.compactMap { about(Candidate($0)) }
    return isOpen ? Checks(instances, about: about) : Checks(instances)
  }

  /// A law about one formulation.
  static func about<Scalar: DrawnScalar, Value: Sendable>(
    _ formulation: Formulation<Scalar>, _ law: String, cases: Int, requiring labels: [String],
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (Formulation<Scalar>, Value, inout Observations) throws -> Void
  ) -> LawInstance {
    let suffix = Scalar.self == PrimeField.self ? "" : "@\(Scalar.fieldName)"
    return LawInstance(
      formulation.name, numbers: Scalar.fieldName,
      Property(
        "\(law)/\(formulation.name)\(suffix)", cases: cases, requiring: labels, for: draw
      ) { value, seen in try check(formulation, value, &seen) })
  }

  /// A law about a construction that formulations are made of.
  static func construction<Scalar: DrawnScalar, Value: Sendable>(
    _ law: String, _ subject: String, over field: Scalar.Type, cases: Int,
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (Value) throws -> Void
  ) -> LawInstance {
    LawInstance(
      subject, numbers: Scalar.fieldName,
      Property("\(law)/\(subject)", cases: cases, for: draw) { value, _ in try check(value) })
  }
}

/// Falsifies the law unless two matrices are equal, and names the first entry in which they differ.
func require<Scalar>(
  _ name: String, _ actual: Matrix<Scalar>, equals expected: Matrix<Scalar>, _ origin: String
) throws(Falsified) {
  guard actual.rows == expected.rows, actual.columns == expected.columns else {
    throw Falsified(
      "\(name) is \(actual.rows) × \(actual.columns), \(origin) is "
        + "\(expected.rows) × \(expected.columns)")
  }
  let (found, wanted) = (actual.entries, expected.entries)
  guard let first = found.indices.first(where: { found[$0] != wanted[$0] }) else { return }
  let (row, column) = (first / actual.columns, first % actual.columns)
  throw Falsified(
    "\(name)[\(row), \(column)] is \(found[first]), \(origin) has \(wanted[first])")
}

/// Falsifies the law unless two solutions are equal.
func require<Scalar>(
  _ actual: Solution<Scalar>, equals expected: Solution<Scalar>, _ origin: String
) throws(Falsified) {
  try require("o", actual.o, equals: expected.o, origin)
  try require("final_state", actual.finalState, equals: expected.finalState, origin)
}

/// Falsifies the law unless two gradients are equal.
func require<Scalar>(
  _ actual: Gradient<Scalar>, equals expected: Gradient<Scalar>, _ origin: String
) throws(Falsified) {
  try require("dq", actual.dq, equals: expected.dq, origin)
  try require("dk", actual.dk, equals: expected.dk, origin)
  try require("dv", actual.dv, equals: expected.dv, origin)
  try require("dbeta", actual.dbeta, equals: expected.dbeta, origin)
  try require("dh0", actual.dh0, equals: expected.dh0, origin)
}

/// A case and one thing more that a law needs.
struct Variation<Scalar: DrawnScalar, Extra: Sendable>: Sendable, CustomStringConvertible {
  let drawn: Case<Scalar>
  let extra: Extra
  let extraName: String

  init(_ drawn: Case<Scalar>, _ extraName: String, _ extra: Extra) {
    self.drawn = drawn
    self.extra = extra
    self.extraName = extraName
  }

  var problem: Problem<Scalar> { drawn.problem }

  var description: String { "\(drawn), \(extraName) \(extra)" }
}

extension Problem {
  /// The same problem with some of its inputs exchanged for others of the same shape.
  func replacing(
    q: Matrix<Scalar>? = nil, k: Matrix<Scalar>? = nil, v: Matrix<Scalar>? = nil,
    beta: Matrix<Scalar>? = nil, scale: Scalar? = nil, initialState: Matrix<Scalar>? = nil
  ) throws(ShapeError) -> Problem {
    try Problem(
      q: q ?? self.q, k: k ?? self.k, v: v ?? self.v, beta: beta ?? self.beta,
      scale: scale ?? self.scale, initialState: initialState ?? self.initialState)
  }

  /// This problem's tokens, and then those of `other`.
  func followed(by other: Problem) throws(ShapeError) -> Problem {
    try replacing(
      q: q.stacked(on: other.q), k: k.stacked(on: other.k), v: v.stacked(on: other.v),
      beta: beta.stacked(on: other.beta))
  }
}
