/// The simplest failing case so far, and the work that it took.
struct SmallestCase {
  var source: ChoiceSource
  var value: String
  var reason: String
  var shrinks = 0
  var attempts = 0
}

extension Property {
  /// Makes the choices of a failing case fewer, and then smaller, for as long as it fails.
  func shrink(
    _ source: ChoiceSource, value: String, reason: String, limit: Int
  ) -> SmallestCase {
    var smallest = SmallestCase(source: source, value: value, reason: reason)

    /// Whether `choices` fail too and are simpler, and so become the smallest case.
    func attempt(_ choices: [UInt64]) -> Bool {
      guard smallest.attempts < limit, choices.isSimpler(than: smallest.source.choices) else {
        return false
      }
      smallest.attempts += 1
      var source = ChoiceSource(replaying: choices)
      var seen = Observations()
      guard case .falsified(let value, let reason) = evaluate(&source, &seen),
        source.choices.isSimpler(than: smallest.source.choices)
      else { return false }
      smallest.source = source
      smallest.value = value
      smallest.reason = reason
      smallest.shrinks += 1
      return true
    }

    var before: [UInt64]
    repeat {
      before = smallest.source.choices
      deleteElements(of: { smallest.source }, attempt)
      var position = 0
      while position < smallest.source.choices.count {
        // Numbers are still arbitrary when the first choices have become simple: more can go.
        if lowerChoice(position, of: { smallest.source.choices }, attempt) {
          deleteElements(of: { smallest.source }, attempt)
        }
        position += 1
      }
    } while smallest.source.choices != before && smallest.attempts < limit
    return smallest
  }
}

/// Deletes elements of dimensions, in pairs and alone: a token from every array that has tokens, a
/// feature from every vector that has features.
private func deleteElements(of source: () -> ChoiceSource, _ attempt: ([UInt64]) -> Bool) {
  var ordinal = 0
  while ordinal < source().dimensions.count {
    let dimension = source().dimensions[ordinal]
    for width in [2, 1] {
      var end = source().elementCount(of: dimension)
      while end >= width {
        let now = source()
        guard ordinal < now.dimensions.count, now.dimensions[ordinal] == dimension,
          now.choices[dimension] >= width
        else { break }
        _ = attempt(now.choices(deleting: end - width..<end, of: dimension))
        end -= 1
      }
    }
    ordinal += 1
  }
}

extension ChoiceSource {
  fileprivate func elementCount(of dimension: Int) -> Int {
    slices.lazy.filter { $0.dimension == dimension }.map { $0.element + 1 }.max() ?? 0
  }

  /// The choices without those of some elements of `dimension`, and with so many fewer of them.
  fileprivate func choices(deleting elements: Range<Int>, of dimension: Int) -> [UInt64] {
    var keep = [Bool](repeating: true, count: choices.count)
    for slice in slices where slice.dimension == dimension && elements.contains(slice.element) {
      for i in slice.range { keep[i] = false }
    }
    var shorter = choices
    shorter[dimension] -= UInt64(elements.count)
    return shorter.indices.filter { keep[$0] }.map { shorter[$0] }
  }
}

/// Lowers one choice: to 0, 1 or 2 at once if that fails too, else by bisection.
///
/// - Returns: whether it became lower.
private func lowerChoice(
  _ position: Int, of choices: () -> [UInt64], _ attempt: ([UInt64]) -> Bool
) -> Bool {
  func current() -> UInt64 { position < choices().count ? choices()[position] : 0 }
  func put(_ value: UInt64) -> Bool {
    var now = choices()
    guard position < now.count, value < now[position] else { return false }
    now[position] = value
    return attempt(now)
  }
  let before = current()
  if !(put(0) || put(1) || put(2)) {
    var low: UInt64 = 2
    while low + 1 < current() {
      let middle = low + (current() - low) / 2
      if !put(middle) { low = middle }
    }
  }
  // Of a signed number the positive twin lies one below.
  if current() > 0 { _ = put(current() - 1) }
  return current() < before
}

extension [UInt64] {
  /// Whether this sequence comes first in the shortlex order.
  func isSimpler(than other: [UInt64]) -> Bool {
    count != other.count ? count < other.count : lexicographicallyPrecedes(other)
  }
}
