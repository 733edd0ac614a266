/// The reason why a property does not hold of a value.
public struct Falsified: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// What the cases of a run were like.
public struct Observations: Sendable, Equatable, Codable {
  /// How many cases bore each label.
  public private(set) var labels: [String: Int] = [:]
  /// The largest value of each recorded quantity.
  public private(set) var maxima: [String: Double] = [:]
  /// All values of each sampled quantity.
  public private(set) var samples: [String: [Double]] = [:]

  public init() {}

  /// Says that the present case belongs to the regime `name`.
  public mutating func label(_ name: String, if holds: Bool = true) {
    if holds { labels[name, default: 0] += 1 }
  }

  /// Keeps a value of a quantity if it is the largest so far.
  public mutating func record(_ quantity: String, _ value: Double) {
    maxima.merge([quantity: value], uniquingKeysWith: Double.maximum)
  }

  /// Keeps a value of a quantity beside all others.
  public mutating func sample(_ quantity: String, _ value: Double) {
    samples[quantity, default: []].append(value)
  }

  /// The median of a sampled quantity's values, the greater one of two; nil where there is none.
  public func median(of quantity: String) -> Double? {
    samples[quantity].map { $0.sorted()[$0.count / 2] }
  }

  mutating func merge(_ other: Observations) {
    labels.merge(other.labels, uniquingKeysWith: +)
    maxima.merge(other.maxima, uniquingKeysWith: Double.maximum)
    samples.merge(other.samples, uniquingKeysWith: +)
  }
}

/// A statement about every value that a source can give.
///
/// A property is a value, so that a test, a command-line tool and a document can list, name and check
/// the same ones.
///
///     let halves = Property("halving", for: { $0.integer(in: 0...1000) }) { n, _ in
///       if n / 2 + n / 2 != n { throw Falsified("\(n / 2) twice is not \(n)") }
///     }
public struct Property: Sendable, Identifiable {
  /// A name that no other property has: seeds are derived from it.
  public let id: String
  /// How many cases a run checks unless told otherwise.
  public let cases: Int
  /// The regimes that those cases must hit. A run that never generates one of them has not tested what
  /// it says, and fails.
  public let requiredLabels: [String]

  enum Outcome {
    case held
    case discarded
    case falsified(value: String, reason: String)
  }

  let evaluate: @Sendable (inout ChoiceSource, inout Observations) -> Outcome

  /// - Parameters:
  ///   - draw: makes a value; may throw ``Discarded``.
  ///   - check: throws ``Falsified`` where the property does not hold of the value. Any other error but
  ///     `Discarded` counts as a falsification too.
  public init<Value>(
    _ id: String, cases: Int = 100, requiring requiredLabels: [String] = [],
    for draw: @escaping @Sendable (inout ChoiceSource) throws -> Value,
    check: @escaping @Sendable (Value, inout Observations) throws -> Void
  ) {
    self.id = id
    self.cases = cases
    self.requiredLabels = requiredLabels
    evaluate = { source, observations in
      var drawn: Value?
      do {
        let value = try draw(&source)
        drawn = value
        try check(value, &observations)
        return .held
      } catch is Discarded {
        return .discarded
      } catch {
        let value = drawn.map { "\($0)" } ?? "no value: the generator failed"
        return .falsified(value: value, reason: "\(error)")
      }
    }
  }
}
