public import Algebra
public import DeltaRule
import PropertyTesting

/// How ranks that check a law together stay in step.
public protocol VerdictExchange: Sendable {
  /// What each rank contributes, on every rank, in the order of the ranks.
  func allGather(_ bytes: [UInt8]) throws -> [[UInt8]]

  /// Ends the program after an error that is no verdict: ranks may no longer be in step, and nobody can search on.
  func leave(after error: any Error) -> Never
}

extension Law {
  /// `SP.ranks`: the law `SP.error` where every rank is a program of its own, which computes its part alone.
  ///
  /// Every rank must check the same instances from the same seed, one at a time. Each draws the same batch, sends and
  /// receives, and compares its part with what it computes on its own with 106 bits; then all hear of all verdicts, and so
  /// find and shrink the same counterexample.
  ///
  /// - Parameters:
  ///   - float: the ranks, and again for numbers with running errors.
  ///   - double: the same ranks.
  ///   - given: what of the batches is not drawn; lengths for every rank.
  ///   - exchange: how the ranks hear of each other's verdicts.
  public static func ranksTogether(
    float: any Communicator<Float> & Sendable,
    boundedFloat: any Communicator<RunningError<Float>> & Sendable,
    double: any Communicator<Double> & Sendable,
    boundedDouble: any Communicator<RunningError<Double>> & Sendable, given: GivenShape,
    _ exchange: any VerdictExchange
  ) -> Law {
    let count = float.count
    return Law(
      "SP.ranks", "rounding error on \(count) \(count == 1 ? "rank" : "ranks")",
      ranksRoundingErrors.statement,
      formula: "|fl(f_r)(x) − f_r(x)| ≤ E,  |fl(∂f_r)(x) − ∂f_r(x)| ≤ E,  r < \(count)",
      theorem: ranksRoundingErrors.theorem,
      Checks(
        HandingOn.allCases.flatMap { handingOn in
          [
            together(
              handingOn, ErasedCommunicator(float), ErasedCommunicator(boundedFloat), given,
              exchange),
            together(
              handingOn, ErasedCommunicator(double), ErasedCommunicator(boundedDouble), given,
              exchange),
          ]
        }))
  }

  private static func together<Base: RoundedArithmetic & Real>(
    _ handingOn: HandingOn, _ plain: ErasedCommunicator<Base>,
    _ bounded: ErasedCommunicator<RunningError<Base>>, _ given: GivenShape,
    _ exchange: any VerdictExchange
  ) -> LawInstance {
    let limits = BatchLimits(
      length: 96, sequences: 3, keyHeads: 3, groupSize: 2, width: 16, chunkLength: 16, bits: 23)
    return LawInstance(
      "\(handingOn)", numbers: "\(Base.self)",
      Property(
        "SP.ranks/\(handingOn)@\(Base.self) on \(plain.count)", cases: 12,
        for: { try FloatBatch<Base>(from: &$0, ranks: plain.count, limits, given: given) }
      ) { value, seen in
        let spread = value.spread
        for regime in spread.regimes { seen.label(regime) }
        try exchange.verdict(on: "error / bound", &seen) { own in
          let withoutBounds = try spread.result(handingOn, on: plain)
          let withBounds = try spread.map { RunningError(exact: $0) }.result(handingOn, on: bounded)
          try require(withoutBounds, equals: withBounds, on: plain.rank)
          try within(
            withBounds, of: enclosedResult(of: spread), on: plain.rank, spread.split, &own)
        }
      })
  }
}

/// Ranks, whoever they are: laws are compiled for one type of them.
private struct ErasedCommunicator<Scalar: Ring>: Communicator {
  private let base: any Communicator<Scalar> & Sendable

  init(_ base: any Communicator<Scalar> & Sendable) { self.base = base }

  var rank: Int { base.rank }

  var count: Int { base.count }

  var reversed: ErasedCommunicator { ErasedCommunicator(base.reversed) }

  func agree(on values: [(name: String, value: Int)]) throws { try base.agree(on: values) }

  func exclusiveScan(_ transitions: [Transition<Scalar>]) throws -> [Transition<Scalar>] {
    try base.exclusiveScan(transitions)
  }

  func send(_ state: Matrix<Scalar>) throws { try base.send(state) }

  func receive(rows: Int, columns: Int) throws -> Matrix<Scalar> {
    try base.receive(rows: rows, columns: columns)
  }
}

extension SpreadBatch {
  /// What this rank computes forwards and backwards.
  fileprivate func result(
    _ handingOn: HandingOn, on ranks: some Communicator<Scalar>
  ) throws -> BatchResult<Scalar> {
    let (solution, entered) = try solution(handingOn, on: ranks)
    return BatchResult(
      solution: solution, gradient: try gradient(of: entered, handingOn, on: ranks))
  }
}

extension VerdictExchange {
  /// Throws on every rank what `check` throws on the first rank where it does; else all record the largest `quantity` of any.
  fileprivate func verdict(
    on quantity: String, _ seen: inout Observations,
    _ check: (inout Observations) throws -> Void
  ) throws(Falsified) {
    let verdicts: [(largest: Double?, reason: String)]
    do {
      var own = Observations()
      var reason = ""
      do { try check(&own) } catch let error as Falsified { reason = error.description }
      let largest = own.maxima[quantity].map { "\($0)" } ?? ""
      verdicts = try allGather(Array("\(largest)\n\(reason)".utf8)).map { bytes in
        let parts = String(decoding: bytes, as: UTF8.self).split(
          separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (Double(parts[0]), String(parts[1]))
      }
    } catch {
      leave(after: error)
    }
    if let first = verdicts.first(where: { !$0.reason.isEmpty }) { throw Falsified(first.reason) }
    for largest in verdicts.compactMap(\.largest) { seen.record(quantity, largest) }
  }
}
