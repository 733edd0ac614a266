public import Algebra

/// Ranks in one process that run one after another.
///
/// What a rank asks for comes from ranks before it alone, so that nobody waits.
///
///     let solutions = try RankInTurn<Rational>.each(of: 4) { ranks in
///       try segments[ranks.rank].solve(by: kernel, handingOn: .scan, on: ranks).solution
///     }
public struct RankInTurn<Scalar: Ring>: Communicator {
  public let rank: Int
  public let count: Int
  private let isReversed: Bool
  private let exchange: Exchange

  /// What ranks have left for later ones.
  private final class Exchange {
    let startsWithLast: Bool
    var values: [[(name: String, value: Int)]] = []
    var transitions: [[[Transition<Scalar>]]] = []
    var states: [Matrix<Scalar>] = []
    /// How many calls of each kind the rank whose turn it is has made.
    var agreements = 0
    var scans = 0

    init(startsWithLast: Bool) { self.startsWithLast = startsWithLast }
  }

  private init(rank: Int, count: Int, isReversed: Bool, exchange: Exchange) {
    self.rank = rank
    self.count = count
    self.isReversed = isReversed
    self.exchange = exchange
  }

  /// What `body` returns on each of `count` ranks, in the order of ranks.
  ///
  /// - Parameters:
  ///   - startsWithLast: whether the last rank has the first turn, as a body that hands on by ``reversed`` needs.
  ///   - body: what every rank does. It may use either the communicator or its ``reversed``, not both.
  public static func each<Result>(
    of count: Int, startsWithLast: Bool = false, _ body: (RankInTurn) throws -> Result
  ) rethrows -> [Result] {
    let exchange = Exchange(startsWithLast: startsWithLast)
    let results = try (0..<count).map { turn in
      (exchange.agreements, exchange.scans) = (0, 0)
      return try body(
        RankInTurn(
          rank: startsWithLast ? count - 1 - turn : turn, count: count, isReversed: false,
          exchange: exchange))
    }
    return startsWithLast ? results.reversed() : results
  }

  public var reversed: RankInTurn {
    RankInTurn(
      rank: count - 1 - rank, count: count, isReversed: !isReversed, exchange: exchange)
  }

  public func agree(on values: [(name: String, value: Int)]) throws {
    defer { exchange.agreements += 1 }
    guard exchange.agreements < exchange.values.count else {
      exchange.values.append(values)
      return
    }
    for (mine, first) in zip(values, exchange.values[exchange.agreements])
    where mine.value != first.value {
      throw Disagreement(
        name: mine.name, values: min(mine.value, first.value)...max(mine.value, first.value))
    }
  }

  public func exclusiveScan(
    _ transitions: [Transition<Scalar>]
  ) throws -> [Transition<Scalar>] {
    checkTurn()
    defer { exchange.scans += 1 }
    if exchange.scans == exchange.transitions.count { exchange.transitions.append([]) }
    let before = exchange.transitions[exchange.scans]
    exchange.transitions[exchange.scans].append(transitions)
    return transitions.indices.map { place in
      inclusiveScan(before.map { $0[place] }) { $0.joined(after: $1) }.last
        ?? .identity(
          keyDimension: transitions[place].B.rows, valueDimension: transitions[place].B.columns)
    }
  }

  public func send(_ state: Matrix<Scalar>) throws {
    checkTurn()
    exchange.states.append(state)
  }

  public func receive(rows: Int, columns: Int) throws -> Matrix<Scalar> {
    checkTurn()
    return exchange.states.removeFirst()
  }

  private func checkTurn() {
    precondition(
      isReversed == exchange.startsWithLast, "what this rank asks for comes from ranks after it")
  }
}
