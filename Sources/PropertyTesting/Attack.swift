/// How to look for the worst case of a property that holds.
public struct Attack: Sendable {
  public var seed: UInt64
  /// How many cases to evaluate.
  public var evaluations: Int
  /// The label that a case must bear to count; nil counts all.
  public var regime: String?

  public init(seed: UInt64, evaluations: Int, regime: String? = nil) {
    self.seed = seed
    self.evaluations = evaluations
    self.regime = regime
  }

  /// The worst case found.
  public struct Worst: Sendable, Equatable {
    /// The quantity that was to be made large.
    public let value: Double
    public let replay: Replay
    /// Why the property does not hold of it; nil where it does.
    public let reason: String?
  }
}

extension Property {
  /// Looks for the case that makes a recorded quantity largest: random cases first, and then, from the worst
  /// one, changes of one or two choices, each kept where it makes things worse.
  ///
  /// A case of which the property does not hold is worse than any of which it does, and ends the search. What is
  /// found depends on the seed and the property's name alone.
  ///
  /// - Parameter quantity: what ``Observations/record(_:_:)`` calls it.
  /// - Returns: nil where no case of the regime recorded it.
  /// - Complexity: `attack.evaluations` evaluations.
  /// - Source: direct search for unstable inputs, after Higham (2002), chapter 26.
  public func worstCase(of quantity: String, _ attack: Attack) -> Attack.Worst? {
    var random = Xoshiro256(seed: mix(attack.seed ^ stableHash(id)))
    var worst: (choices: [UInt64], bounds: [UInt64], value: Double)?
    for evaluation in 0..<attack.evaluations {
      var source: ChoiceSource
      if let worst, evaluation >= attack.evaluations / 4 {
        source = ChoiceSource(
          replaying: worst.choices.changed(within: worst.bounds, using: &random))
      } else {
        source = ChoiceSource(seed: random.next())
      }
      var seen = Observations()
      let outcome = evaluate(&source, &seen)
      if let regime = attack.regime, seen.labels[regime] == nil { continue }
      switch outcome {
      case .discarded: continue
      case .falsified(_, let reason):
        return Attack.Worst(
          value: .infinity, replay: Replay(property: id, choices: source.choices), reason: reason)
      case .held:
        guard let value = seen.maxima[quantity], value >= worst?.value ?? -.infinity else {
          continue
        }
        worst = (source.choices, source.bounds, value)
      }
    }
    return worst.map {
      Attack.Worst(
        value: $0.value, replay: Replay(property: id, choices: $0.choices), reason: nil)
    }
  }
}

extension [UInt64] {
  /// These choices with one or two of them exchanged: for any other, for one near by, or for a copy.
  fileprivate func changed(within bounds: [UInt64], using random: inout Xoshiro256) -> [UInt64] {
    guard !isEmpty else { return self }
    var choices = self
    for _ in 0...random.next(through: 1) {
      let i = Int(random.next(through: UInt64(count - 1)))
      switch random.next(through: 2) {
      case 0:
        choices[i] = random.next(through: bounds[i])
      case 1:
        let step = random.next(through: bounds[i] >> random.next(through: 63))
        choices[i] =
          random.next(through: 1) == 0
          ? choices[i] - Swift.min(choices[i], step)
          : choices[i] + Swift.min(bounds[i] - choices[i], step)
      default:
        choices[i] = Swift.min(bounds[i], choices[Int(random.next(through: UInt64(count - 1)))])
      }
    }
    return choices
  }
}
