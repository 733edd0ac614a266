#if MPI
  import Algebra
  import ArgumentParser
  import DeltaRule
  import Glibc
  import MessagePassing
  import PropertyTesting
  import Terminal
  import Verification

  struct Ranks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check what ranks of MPI compute together, each a program of its own.",
      discussion: """
        mpirun -n 4 deltanet-verify ranks --seed 42

        Every rank computes its part of batches in floating point, forwards and backwards, and compares it with the exact \
        result. What is not given of their shape is drawn. Exit status 2 where ranks were told different things, or where \
        one does not answer in time.
        """)

    @Option(help: "The 64-bit number that every case is derived from.")
    var seed: UInt64 = 1

    @Option(help: "Cases for each check; by default as many as the law asks for.")
    var cases: Int?

    @Option(help: "Check one case again: the word that a failure printed.")
    var replay: String?

    @Option(help: "How many seconds a rank waits for others.")
    var timeLimit: UInt32 = 30

    @Option(help: "The tokens of each rank: 12,0,7,5.", transform: numbers(separatedBy: ","))
    var lengths: [Int]?

    @Option(help: "Value heads.")
    var heads: Int?

    @Option(help: "Heads of queries and keys.")
    var keyHeads: Int?

    @Option(help: "dk and dv: 8x4.", transform: numbers(separatedBy: "x"))
    var widths: [Int]?

    @Option(help: "Also write the result to this file.")
    var json: String?

    func validate() throws {
      if let cases, cases < 1 { throw ValidationError("--cases \(cases): at least one is needed") }
      if timeLimit < 1 { throw ValidationError("--time-limit 0: at least a second is needed") }
      if let lengths, lengths.contains(where: { $0 < 0 }) {
        throw ValidationError("--lengths \(lengths.joined(",")): no rank has fewer than 0 tokens")
      }
      if let heads, heads < 1 { throw ValidationError("--heads \(heads): at least one is needed") }
      if let keyHeads, keyHeads < 1 {
        throw ValidationError("--key-heads \(keyHeads): at least one is needed")
      }
      if let heads, let keyHeads, heads % keyHeads != 0 {
        throw ValidationError("--heads \(heads) is no multiple of --key-heads \(keyHeads)")
      }
      if let widths, widths.count != 2 || widths.contains(where: { $0 < 1 }) {
        throw ValidationError("--widths \(widths.joined("x")): it must be like 8x4")
      }
      // Of the most that is drawn, where nothing is given.
      let tokens = (lengths ?? [96]).map { Double($0) }.reduce(1, +)
      let heads = Double(max(heads ?? 6, 2 * (keyHeads ?? 3)))
      let (dk, dv) = (Double(widths?[0] ?? 16), Double(widths?[1] ?? 16))
      guard heads * (tokens * (dk + dv) + dk * dv) <= 1e8 else {
        throw ValidationError("so large a batch cannot be had: leave it at 10⁸ numbers")
      }
      if let replay, Replay(replay) == nil {
        throw ValidationError("\(UnreadableReplay(text: replay))")
      }
      if replay != nil, json != nil || cases != nil {
        throw ValidationError("--replay checks one case: leave out --json and --cases")
      }
    }

    func run() async throws {
      let world = try World.started(timeLimit: timeLimit)
      let exchange = WorldExchange(world: world)
      do { try agree(on: world) } catch { exchange.leave(after: error) }
      do {
        try await check(on: exchange)
      } catch {
        // All ranks come to the same error, and one tells of it.
        try world.finish()
        throw world.rank == 0 ? error : Self.exitCode(for: error)
      }
      try world.finish()
    }

    private func check(on exchange: WorldExchange) async throws {
      let world = exchange.world
      if let lengths, lengths.count != world.count {
        throw ValidationError(
          "--lengths \(lengths.joined(",")): one for each of \(world.count) ranks is needed")
      }
      let law = Law.ranksTogether(
        float: world.ranks(sending: Float.self),
        boundedFloat: world.ranks(sending: RunningError<Float>.self),
        double: world.ranks(sending: Double.self),
        boundedDouble: world.ranks(sending: RunningError<Double>.self),
        given: GivenShape(
          lengths: lengths, heads: heads, keyHeads: keyHeads, keyDimension: widths?[0],
          valueDimension: widths?[1]),
        exchange)
      if let replay = replay.flatMap({ Replay($0) }) {
        return try check(replay, of: law, on: world)
      }
      let verification = try Verification(
        seed: seed, cases: cases, jobs: 1, from: [law], replayedBy: program(on: world.count))
      let bar = ProgressBar()
      let outcome = await verification.run { if world.rank == 0 { bar.show($0, of: $1) } }
      if world.rank == 0 {
        bar.clear()
        try finish(outcome.text, json: json, outcome.json, holds: outcome.holds)
      } else if !outcome.holds {
        throw ExitCode(1)
      }
    }

    private func check(_ replay: Replay, of law: Law, on world: World) throws {
      let instance = try usage { try Law.instance(for: replay, from: [law]) }
      let report = instance.property.check(replaying: replay.choices)
      let failure = report.failure { "\(program(on: world.count)) --replay '\($0)'" }
      if world.rank == 0 {
        try show("\(failure.map { "✗ \(report.id)\n\($0)" } ?? "\(report.id) holds")\n")
      }
      if failure != nil { throw ExitCode(1) }
    }

    /// The command that draws such batches.
    private func program(on count: Int) -> String {
      shape.reduce("mpirun -n \(count) deltanet-verify ranks") { command, option in
        option.value.map { "\(command) \(option.name) \($0)" } ?? command
      }
    }

    /// What every rank must be told alike.
    private var shared: [(name: String, value: String?)] {
      [("--seed", "\(seed)"), ("--cases", cases.map { "\($0)" }), ("--replay", replay)] + shape
    }

    private var shape: [(name: String, value: String?)] {
      [
        ("--lengths", lengths?.joined(",")), ("--heads", heads.map { "\($0)" }),
        ("--key-heads", keyHeads.map { "\($0)" }), ("--widths", widths?.joined("x")),
      ]
    }

    /// - Throws: ``DifferentOptions``, on every rank.
    private func agree(on world: World) throws {
      let mine = shared.map { $0.value ?? "not given" } + ["ranks"]
      let all = try world.allGather(Array(mine.joined(separator: "\0").utf8)).map {
        String(decoding: $0, as: UTF8.self).split(
          separator: "\0", omittingEmptySubsequences: false)
      }
      if let rank = all.firstIndex(where: { $0.count != mine.count }) {
        throw DifferentOptions(
          name: "the command", first: "'ranks'", other: "another one", rank: rank)
      }
      for (place, option) in shared.enumerated() {
        let values = all.map { $0[place] }
        if let rank = values.firstIndex(where: { $0 != values[0] }) {
          throw DifferentOptions(
            name: option.name, first: String(values[0]), other: String(values[rank]), rank: rank)
        }
      }
    }
  }

  /// Ranks whose options differ where they must not.
  private struct DifferentOptions: Error, CustomStringConvertible {
    let name: String
    /// What it is on rank 0.
    let first: String
    let other: String
    let rank: Int

    var description: String {
      "\(name) is \(first) on rank 0 and \(other) on rank \(rank); it must be the same on all"
    }
  }

  /// How the ranks of MPI hear of each other's verdicts.
  private struct WorldExchange: VerdictExchange {
    let world: World

    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] { try world.allGather(bytes) }

    /// Says what was wrong, on this rank too, and ends with status 2.
    func leave(after error: any Error) -> Never {
      guard error is DifferentOptions || error is Disagreement else { world.leave(after: error) }
      // All ranks throw these, and are in step.
      let code = reportBadInput("rank \(world.rank): \(error)").rawValue
      try? world.finish()
      exit(code)
    }
  }

  extension [Int] {
    fileprivate func joined(_ separator: String) -> String {
      map { "\($0)" }.joined(separator: separator)
    }
  }

  private func numbers(
    separatedBy separator: Character
  ) -> @Sendable (String) throws -> [Int] {
    { text in
      let parts = text.split(separator: separator, omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Int($0) }
      guard numbers.count == parts.count else {
        throw ValidationError("'\(text)' is no list of numbers with '\(separator)' between them")
      }
      return numbers
    }
  }
#endif
