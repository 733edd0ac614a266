/// The case asked for something that its choices cannot give. Neither a success nor a failure.
public struct Discarded: Error {
  public init() {}
}

/// Where every arbitrary value comes from: a sequence of bounded choices.
///
/// A generator never sees a random number generator, only a source. A value is therefore a function
/// of its choices: to replay a case is to replay its choices, and to shrink a value is to make its
/// choices fewer and smaller, whatever computation lies between the two. By convention 0 is the
/// simplest choice.
public struct ChoiceSource {
  /// The choices made so far.
  public private(set) var choices: [UInt64] = []
  /// The greatest value that each might have had.
  private(set) var bounds: [UInt64] = []

  /// The choices that belong to one element along one dimension.
  struct Slice {
    var dimension: Int
    var element: Int
    var range: Range<Int>
  }

  private(set) var slices: [Slice] = []
  /// Which choices are dimensions.
  private(set) var dimensions: [Int] = []

  private let recorded: [UInt64]
  private var random: Xoshiro256?

  /// A source of random choices.
  public init(seed: UInt64) {
    recorded = []
    random = Xoshiro256(seed: seed)
  }

  /// A source that repeats `choices`, each brought within its bound, and makes the simplest ones after
  /// them.
  public init(replaying choices: [UInt64]) {
    recorded = choices
    random = nil
  }

  /// A choice in `0...bound`.
  ///
  /// - Parameter draw: how to draw it at random, where not uniformly. A replayed choice does not depend
  ///   on it.
  public mutating func choose(
    through bound: UInt64, _ draw: (inout Xoshiro256) -> UInt64? = { _ in nil }
  ) -> UInt64 {
    let choice: UInt64
    if choices.count < recorded.count {
      choice = recorded[choices.count]
    } else if var generator = random {
      choice = draw(&generator) ?? generator.next(through: bound)
      random = generator
    } else {
      choice = 0
    }
    choices.append(min(choice, bound))
    bounds.append(bound)
    return choices[choices.count - 1]
  }

  /// A number in `range`: 0, 1, −1, 2, −2, … in order of simplicity where `range` holds 0, and upwards
  /// from its lower bound where it does not.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    let (low, high) = (range.lowerBound, range.upperBound)
    let choice = Int(choose(through: UInt64(high - low)))
    guard low < 0, high >= 0 else { return low + choice }
    let both = min(-low, high)
    if choice <= 2 * both { return choice % 2 == 1 ? (choice + 1) / 2 : -(choice / 2) }
    return -low > high ? both - choice : choice - both
  }

  /// One of `values`, of which the first is the simplest.
  ///
  /// - Precondition: there is at least one.
  public mutating func element<Value>(of values: [Value]) -> Value {
    values[Int(choose(through: UInt64(values.count - 1)))]
  }

  /// True about once in `n` times; false is simpler.
  public mutating func oneIn(_ n: UInt64) -> Bool {
    choose(through: 1) { $0.next(through: n - 1) == 0 ? 1 : 0 } == 1
  }

  /// A count in `range`, whose elements the shrinker may delete one by one, each with all that
  /// ``each(_:_:)`` drew for it.
  ///
  /// - Parameter favourites: counts to draw half of the time; those outside `range` are passed over.
  public mutating func dimension(
    _ range: ClosedRange<Int>, favouring favourites: [Int] = []
  ) -> Dimension {
    let favourites = favourites.filter(range.contains)
    dimensions.append(choices.count)
    let choice = choose(through: UInt64(range.count - 1)) { random in
      guard !favourites.isEmpty, random.next(through: 1) == 0 else { return nil }
      let favourite = favourites[Int(random.next(through: UInt64(favourites.count - 1)))]
      return UInt64(favourite - range.lowerBound)
    }
    return Dimension(count: range.lowerBound + Int(choice), choice: choices.count - 1)
  }

  /// One value for every element of `dimension`.
  public mutating func each<Value>(
    _ dimension: Dimension, _ draw: (inout ChoiceSource) throws -> Value
  ) rethrows -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(dimension.count)
    for element in 0..<dimension.count {
      let start = choices.count
      values.append(try draw(&self))
      slices.append(
        Slice(dimension: dimension.choice, element: element, range: start..<choices.count))
    }
    return values
  }

  /// Gives the case up unless `condition` holds.
  public func assume(_ condition: Bool) throws(Discarded) {
    if !condition { throw Discarded() }
  }
}

/// A count drawn from a source.
public struct Dimension: Sendable {
  public let count: Int
  /// Which choice it is.
  let choice: Int
}
