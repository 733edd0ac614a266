public import PropertyTesting

/// Words of a language that is another one in every sequence, with a mark between them: which symbol may come next? Every symbol
/// that the language's automaton lets through is right.
///
/// An automaton has 4 to 12 states, each with 1 to 3 ways out, of different symbols and to different states, not to itself. A
/// sequence has words of 1 to 49 symbols, as many as fit. No automaton of a learner's sequences is in those it is judged by.
///
/// - Source: *In-Context Language Learning: Architectures and Algorithms* (RegBench), section 3.
public struct RegularLanguages: SequenceTask {
  public let symbols: Int
  public let length: Int
  /// The symbols and the mark.
  public var vocabularySize: Int { symbols + 1 }

  /// - Throws: ``TaskError``.
  public init(symbols: Int = 18, length: Int = 512) throws(TaskError) {
    try TaskError.check("length", length, 2...TaskError.limit)
    try TaskError.check("symbols", symbols, 4...TaskError.limit)
    self.symbols = symbols
    self.length = length
  }

  /// Where each state goes by each symbol, from the first state on.
  struct Automaton: Equatable {
    let transitions: [[Int: Int]]

    init(symbols: Int, using generator: inout Xoshiro256) {
      let states = generator.index(in: 4...12)
      let alphabet = generator.distinct(generator.index(in: 4...symbols), below: symbols)
      transitions = (0..<states).map { state in
        let count = generator.index(in: 1...3)
        let letters = generator.distinct(count, below: alphabet.count).map { alphabet[$0] }
        let targets = generator.distinct(count, below: states - 1).map { $0 < state ? $0 : $0 + 1 }
        return Dictionary(uniqueKeysWithValues: zip(letters, targets))
      }
    }

    /// A number that is the same for automata whose reachable states can be renamed into each other.
    var hash: UInt64 {
      var names = [0: 0]
      var queue = [0]
      var hash: UInt64 = 0
      while let state = queue.first {
        queue.removeFirst()
        for (symbol, target) in transitions[state].sorted(by: { $0.key < $1.key }) {
          if names[target] == nil {
            names[target] = names.count
            queue.append(target)
          }
          for part in [names[state] ?? 0, symbol, names[target] ?? 0] {
            hash = mix(hash &+ UInt64(part))
          }
        }
      }
      return hash
    }
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let mark = symbols
    var automaton: Automaton
    // Half of all automata are for learning.
    repeat {
      automaton = Automaton(symbols: symbols, using: &generator)
    } while (automaton.hash % 2 == 0) != (use == .training)
    var tokens: [Int] = []
    var accepted: [[Int]] = []
    while tokens.count <= length {
      var state = 0
      for _ in 0..<generator.index(in: 1...49) {
        let next = automaton.transitions[state].keys.sorted()
        let symbol = generator.element(of: next)
        tokens.append(symbol)
        accepted.append(next)
        state = automaton.transitions[state][symbol] ?? 0
      }
      tokens.append(mark)
      accepted.append([])
    }
    // What a token is asked is what may follow it; where a word ends nothing is.
    let next = accepted[1...length]
    return TaskExample(
      tokens: Array(tokens.prefix(length)),
      targets: zip(tokens[1...length], next).map { $1.isEmpty ? nil : $0 },
      accepted: Array(next))
  }
}
