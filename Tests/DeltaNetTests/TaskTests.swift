import Glibc
import PropertyTesting
import Testing

@testable import DeltaNet

/// What the tasks' papers define: answers follow from what was seen, and nothing else is asked.
@Suite struct TaskTests {
  static let specifications = [
    "mqar:vocabulary=64:length=64:pairs=16", "mqar:vocabulary=7:length=9:pairs=2:power=1",
    "in-context-recall", "in-context-recall:vocabulary=4:length=3", "noisy-recall",
    "noisy-recall:vocabulary=9:noise-tokens=3:noise=0.9:length=21", "fuzzy-recall",
    "fuzzy-recall:vocabulary=5:motif=2:length=12", "memorization",
    "memorization:vocabulary=6:length=7:dictionary=3", "compression", "selective-copying",
    "selective-copying:vocabulary=3:length=5:count=2", "regular-languages",
    "regular-languages:symbols=4:length=40", "parity", "permutations",
    "permutations:things=4:length=50:swaps-only=1",
  ]

  static func examples(
    _ text: String, _ use: TaskExample.Use, count: Int = 60, seed: UInt64 = 7
  ) throws -> [TaskExample] {
    let task = try TaskSpecification(text).task
    return (0..<count).map { task.example($0, for: use, seed: seed) }
  }

  @Test(arguments: specifications, TaskExample.Use.allCases)
  func examplesAreWhatTheTaskSays(text: String, use: TaskExample.Use) throws {
    let task = try TaskSpecification(text).task
    let examples = try Self.examples(text, use)
    for example in examples {
      #expect(example.tokens.count == task.length)
      #expect(example.targets.count == task.length)
      #expect(example.tokens.allSatisfy { 0..<task.vocabularySize ~= $0 })
      #expect(example.targets.allSatisfy { 0..<task.vocabularySize ~= $0 ?? 0 })
      #expect(example.targets.contains { $0 != nil })
      for (t, accepted) in example.accepted.enumerated() {
        if let target = example.targets[t] { #expect(accepted.contains(target)) }
      }
    }
    // The same number and seed, the same example; others, others.
    #expect(examples == (try Self.examples(text, use)))
    if task.length > 20 {
      #expect(Set(examples.map(\.tokens)).count == examples.count)
      #expect(examples != (try Self.examples(text, use, seed: 8)))
      let other = TaskExample.Use.allCases.first { $0 != use } ?? use
      let others = Set(try Self.examples(text, other).map(\.tokens))
      #expect(others.isDisjoint(with: examples.map(\.tokens)))
    }
  }

  @Test(arguments: [
    "mqar:vocabulary=64:length=64:pairs=16", "mqar:vocabulary=10:length=12:pairs=3",
  ])
  func eachKeyIsAskedForOnceAndItsValueStoodBehindIt(text: String) throws {
    let task = try #require(try TaskSpecification(text).task as? MultiQueryRecall)
    for example in try Self.examples(text, .training) {
      var values: [Int: Int] = [:]
      for t in stride(from: 0, to: 2 * task.pairs, by: 2) {
        let (key, value) = (example.tokens[t], example.tokens[t + 1])
        #expect(0 < key && key < task.vocabularySize / 2 && value >= task.vocabularySize / 2)
        #expect(values.updateValue(value, forKey: key) == nil)
      }
      #expect(Set(values.values).count == task.pairs)
      for t in 0..<task.length {
        let isQuery = t >= 2 * task.pairs && example.tokens[t] != 0
        #expect(
          example.targets[t] == (isQuery ? values.removeValue(forKey: example.tokens[t]) : nil))
      }
      #expect(values.isEmpty)
    }
  }

  /// A gap n has the probability n^(a−1) / Σ: the first query of all, which is drawn first, counts.
  @Test(arguments: [0.01, 1.0]) func gapsFollowThePowerLaw(power: Double) throws {
    let places = 8
    let task = try MultiQueryRecall(
      vocabularySize: 9, length: 2 + 2 * places, pairs: 1, power: power)
    let count = 4000
    var seen = [Int](repeating: 0, count: places)
    for index in 0..<count {
      let example = task.example(index, for: .training, seed: 3)
      let t = try #require(example.targets.firstIndex { $0 != nil })
      seen[(t - 2) / 2] += 1
    }
    let weights = (1...places).map { pow(Double($0), power - 1) }
    for (seen, weight) in zip(seen, weights) {
      let expected = Double(count) * weight / weights.reduce(0, +)
      #expect(abs(Double(seen) - expected) < 5 * expected.squareRoot())
    }
  }

  @Test(arguments: ["in-context-recall", "noisy-recall", "in-context-recall:vocabulary=6:length=9"])
  func recallIsAskedOfKeysThatWereThere(text: String) throws {
    let task = try #require(try TaskSpecification(text).task as? InContextRecall)
    let keys = (task.vocabularySize - task.noiseTokens) / 2
    var noise = 0
    for (judged, learnt) in zip(
      try Self.examples(text, .evaluation), try Self.examples(text, .training))
    {
      #expect(Array(learnt.targets.dropLast()) == Array(learnt.tokens.dropFirst()))
      var values: [Int: Int] = [:]
      for t in stride(from: 0, to: task.length, by: 2) {
        let key = judged.tokens[t]
        if key >= task.vocabularySize - task.noiseTokens {
          noise += 1
          #expect(judged.targets[t] == nil)
        } else {
          #expect(key < keys)
          #expect(judged.targets[t] == values[key])
          if t + 1 < task.length {
            let value = judged.tokens[t + 1]
            #expect(keys..<task.vocabularySize - task.noiseTokens ~= value)
            #expect(values[key] ?? value == value)
            values[key] = value
          }
        }
        if t + 1 < task.length { #expect(judged.targets[t + 1] == nil) }
      }
      #expect(judged.targets.last != .some(nil))
    }
    if task.noise > 0 {
      let all = 60.0 * Double(task.length / 2)
      #expect(abs(Double(noise) / all - task.noise) < 0.05)
    } else {
      #expect(noise == 0)
    }
  }

  /// Read from the sequence alone: keys are runs of tokens below half, values the runs behind them.
  @Test func fuzzyKeysThatWereThereHaveTheirValue() throws {
    let task = try FuzzyRecall()
    let half = (task.vocabularySize - 1) / 2
    for index in 0..<200 {
      let example = task.example(index, for: .evaluation, seed: 5)
      let start = try #require(example.tokens.firstIndex { $0 != task.vocabularySize - 1 })
      var values: [[Int]: [Int]] = [:]
      var t = start
      while t < task.length {
        let key = Array(example.tokens[t...].prefix { $0 < half })
        #expect(key.count == task.motif && Set(key).count == key.count)
        t += key.count
        let value = Array(example.tokens[t...].prefix { $0 >= half })
        let asked = example.targets[t - 1..<min(task.length, t + value.count)]
        if let known = values[key] {
          #expect(asked.compactMap { $0 }.starts(with: known.prefix(value.count)))
          #expect(asked.first == known.first)
        } else {
          #expect(asked.allSatisfy { $0 == nil })
          #expect(1...task.motif ~= value.count && Set(value).count == value.count)
          values[key] = value
        }
        t += value.count
      }
      #expect(example.targets.last != .some(nil))
    }
  }

  @Test func valuesOfADictionaryAreTheSameInAllExamplesAndInNoSequence() throws {
    var values: [Int: Int] = [:]
    for use in TaskExample.Use.allCases {
      for example in try Self.examples("memorization", use) {
        for t in stride(from: 0, to: example.tokens.count, by: 2) {
          let value = try #require(example.targets[t + 1])
          #expect(values.updateValue(value, forKey: example.tokens[t]) ?? value == value)
          #expect(example.targets[t] == nil && example.tokens[t + 1] == 255)
          #expect(!example.tokens.contains(value))
        }
      }
    }
    #expect(Set(values.values).count == values.count)
    #expect(try Memorization(dictionary: 1).values != Memorization(dictionary: 2).values)
  }

  @Test func copiesAreTheTokensInTheirOrder() throws {
    for example in try Self.examples("selective-copying", .training) {
      let mark = try #require(example.tokens.firstIndex(of: 15))
      let symbols = example.tokens[..<mark].filter { $0 < 14 }
      #expect(symbols.count == 16)
      #expect(example.targets[...mark].allSatisfy { $0 == nil })
      #expect(example.targets[(mark + 1)...].map { $0 ?? -1 } == symbols)
      #expect(example.tokens[(mark + 1)...].allSatisfy { $0 == 14 })
    }
  }

  @Test func compressionAsksForAllTokens() throws {
    for example in try Self.examples("compression", .training) {
      #expect(example.targets == example.tokens)
      #expect(example.tokens.last == 15 && !example.tokens.dropLast().contains(15))
    }
  }

  /// What is accepted in a word follows one automaton: the same prefix of a word, the same symbols, and every symbol that comes is
  /// among them.
  @Test func languagesAreRegular() throws {
    for use in TaskExample.Use.allCases {
      for example in try Self.examples("regular-languages", use, count: 30) {
        var accepted: [[Int]: [Int]] = [:]
        var word: [Int] = []
        for t in example.tokens.indices {
          if example.tokens[t] == 18 { word = [] } else { word.append(example.tokens[t]) }
          guard let target = example.targets[t] else { continue }
          let now = example.accepted[t]
          #expect(now.contains(target) && 1...3 ~= now.count && target != 18)
          #expect(accepted.updateValue(now, forKey: word) ?? now == now)
        }
      }
    }
  }

  @Test func automataOfLearningAndJudgementDiffer() throws {
    var generator = Xoshiro256(seed: 1)
    let hashes = (0..<200).map { _ in
      RegularLanguages.Automaton(symbols: 18, using: &generator).hash
    }
    #expect(Set(hashes).count > 190)
    #expect(50...150 ~= hashes.count { $0 % 2 == 0 })
  }

  @Test(arguments: ["parity", "permutations", "permutations:things=4:swaps-only=1"])
  func statesAreProductsOfPermutations(text: String) throws {
    let task = try #require(try TaskSpecification(text).task as? StateTracking)
    for example in try Self.examples(text, .evaluation) {
      // From the end: which thing lies where is found by following one thing after another.
      for (thing, start) in task.permutations[0].enumerated() {
        var place = start
        for t in example.tokens.indices {
          place = task.permutations[example.tokens[t]][place]
          #expect(task.permutations[try #require(example.targets[t])][thing] == place)
        }
      }
    }
  }

  @Test func parityIsTheParityOfTheOnes() throws {
    for example in try Self.examples("parity", .training) {
      var ones = 0
      for (token, target) in zip(example.tokens, example.targets) {
        ones += token
        #expect(target == ones % 2)
      }
    }
  }

  @Test(arguments: [
    ("nothing", "task is 'nothing'; it must be one of mqar, "),
    ("mqar:pairs=0", "pairs is 0; it must be from 1 to 128"),
    ("mqar:length=x", "length is x; it must be a whole number"),
    ("mqar:width=3", "mqar is 'width=3'; it must be once, such as vocabulary=8192 or "),
    ("mqar:pairs=3:pairs=3", "mqar is 'pairs=3'; "),
    ("noisy-recall:vocabulary=4", "vocabulary is 4; "),
    ("memorization:dictionary=-7", "dictionary is -7; "),
    ("mqar:pairs", "mqar is 'pairs'; "), ("mqar:power=0", "power is 0.0; "),
    ("mqar:vocabulary=9999999", "vocabulary is 9999999; "),
    ("in-context-recall:length=128", "length is 128; it must be odd"),
    ("noisy-recall:noise=1", "noise is 1.0; "), ("fuzzy-recall:motif=99", "motif is 99; "),
    ("selective-copying:count=200", "count is 200; "),
    ("regular-languages:symbols=3", "symbols is 3"),
    ("permutations:things=9", "things is 9; "), ("parity:length=0", "length is 0; "),
    ("permutations:swaps-only=2", "swaps-only is 2; "), ("", "task is ''; "),
  ])
  func whatIsWrongIsSaid(text: String, message: String) throws {
    let error = #expect(throws: TaskError.self) { try TaskSpecification(text) }
    #expect(try #require(error).description.hasPrefix(message))
  }

  @Test func drawsAreEven() {
    var generator = Xoshiro256(seed: 4)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[generator.distinct(2, below: 4), default: 0] += 1 }
    #expect(counts.count == 12)
    #expect(counts.values.allSatisfy { abs(Double($0) - 500) < 5 * 500.0.squareRoot() })
    #expect(counts.keys.allSatisfy { $0[0] != $0[1] })
    // Without replacement: the second is drawn with the weights of those that are left.
    var first = 0
    for _ in 0..<6000 where generator.distinct(2, weights: [1, 2, 3])[0] == 2 { first += 1 }
    #expect(abs(Double(first) - 3000) < 5 * 3000.0.squareRoot())
  }
}
