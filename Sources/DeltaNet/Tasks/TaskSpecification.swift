/// A task by its name and sizes: `mqar:length=128:pairs=16`. What is not said is as the task's paper has it.
public struct TaskSpecification: Sendable, Equatable, CustomStringConvertible {
  public let task: any SequenceTask
  /// As it was written.
  public let description: String

  /// - Throws: ``TaskError`` naming what is unknown or impossible.
  public init(_ text: String) throws(TaskError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let kind = Self.kinds.first(where: { $0.name == parts[0] }) else {
      throw TaskError(
        key: "task", value: "'\(parts[0])'",
        demand: "one of " + Self.kinds.map(\.name).joined(separator: ", "))
    }
    var sizes = Sizes(kind: kind)
    for part in parts.dropFirst() { try sizes.set(part) }
    task = try kind.make(sizes)
    description = text
  }

  public static func == (a: Self, b: Self) -> Bool { a.description == b.description }

  /// What can be written, a line each.
  public static let usage = kinds.map { kind in
    kind.name + kind.defaults.map { ":\($0.key)=\($0.value)" }.joined()
  }

  private struct Kind {
    let name: String
    let defaults: [(key: String, value: String)]
    let make: @Sendable (Sizes) throws(TaskError) -> any SequenceTask
  }

  private static let kinds = [
    Kind(
      name: "mqar",
      defaults: [("vocabulary", "8192"), ("length", "512"), ("pairs", "64"), ("power", "0.01")]
    ) { s throws(TaskError) in
      try MultiQueryRecall(
        vocabularySize: s.integer("vocabulary"), length: s.integer("length"),
        pairs: s.integer("pairs"), power: s.number("power"))
    },
    Kind(
      name: "in-context-recall", defaults: [("vocabulary", "16"), ("length", "127")]
    ) { s throws(TaskError) in
      try InContextRecall(vocabularySize: s.integer("vocabulary"), length: s.integer("length"))
    },
    Kind(
      name: "noisy-recall",
      defaults: [
        ("vocabulary", "32"), ("length", "127"), ("noise-tokens", "16"), ("noise", "0.2"),
      ]
    ) { s throws(TaskError) in
      try InContextRecall(
        vocabularySize: s.integer("vocabulary"), length: s.integer("length"),
        noiseTokens: s.integer("noise-tokens"), noise: s.number("noise"))
    },
    Kind(
      name: "fuzzy-recall", defaults: [("vocabulary", "16"), ("length", "128"), ("motif", "3")]
    ) { s throws(TaskError) in
      try FuzzyRecall(
        vocabularySize: s.integer("vocabulary"), length: s.integer("length"),
        motif: s.integer("motif"))
    },
    Kind(
      name: "selective-copying",
      defaults: [("vocabulary", "16"), ("length", "256"), ("count", "16")]
    ) { s throws(TaskError) in
      try SelectiveCopying(
        vocabularySize: s.integer("vocabulary"), length: s.integer("length"),
        count: s.integer("count"))
    },
    Kind(
      name: "compression", defaults: [("vocabulary", "16"), ("length", "32")]
    ) { s throws(TaskError) in
      try Compression(vocabularySize: s.integer("vocabulary"), length: s.integer("length"))
    },
    Kind(
      name: "memorization",
      defaults: [("vocabulary", "256"), ("length", "32"), ("dictionary", "1")]
    ) { s throws(TaskError) in
      let dictionary = try s.integer("dictionary")
      try TaskError.check("dictionary", dictionary, 0...Int.max)
      return try Memorization(
        vocabularySize: s.integer("vocabulary"), length: s.integer("length"),
        dictionary: UInt64(dictionary))
    },
    Kind(
      name: "regular-languages", defaults: [("symbols", "18"), ("length", "512")]
    ) { s throws(TaskError) in
      try RegularLanguages(symbols: s.integer("symbols"), length: s.integer("length"))
    },
    Kind(name: "parity", defaults: [("length", "32")]) { s throws(TaskError) in
      try StateTracking(things: 2, length: s.integer("length"))
    },
    Kind(
      name: "permutations", defaults: [("things", "3"), ("length", "32"), ("swaps-only", "0")]
    ) { s throws(TaskError) in
      let swapsOnly = try s.integer("swaps-only")
      try TaskError.check("swaps-only", swapsOnly, 0...1)
      return try StateTracking(
        things: s.integer("things"), length: s.integer("length"), swapsOnly: swapsOnly == 1)
    },
  ]

  /// The sizes that were given, and a kind's own for the others.
  private struct Sizes {
    private let kind: Kind
    private var values: [String: String]
    private var given: Set<String> = []

    init(kind: Kind) {
      self.kind = kind
      values = Dictionary(uniqueKeysWithValues: kind.defaults.map { ($0.key, $0.value) })
    }

    mutating func set(_ part: String) throws(TaskError) {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, values[pair[0]] != nil, given.insert(pair[0]).inserted else {
        throw TaskError(
          key: kind.name, value: "'\(part)'",
          demand: "once, such as "
            + kind.defaults.map { "\($0.key)=\($0.value)" }.joined(separator: " or "))
      }
      values[pair[0]] = pair[1]
    }

    func integer(_ key: String) throws(TaskError) -> Int { try value(key, "a whole number") }

    func number(_ key: String) throws(TaskError) -> Double { try value(key, "a number") }

    private func value<Value: LosslessStringConvertible>(
      _ key: String, _ demand: String
    ) throws(TaskError) -> Value {
      let text = values[key] ?? ""
      guard let value = Value(text) else {
        throw TaskError(key: key, value: text, demand: demand)
      }
      return value
    }
  }
}
