import ArgumentParser
import Reporting
import Terminal
import Verification

#if MPI
  import DeltaRule
  import FoundationEssentials
  import MessagePassing
#endif

struct Links: ParsableCommand {
  static let configuration: CommandConfiguration = {
    var configuration = CommandConfiguration(
      abstract: "Model how long ranks take to hand states on, and measure it.",
      subcommands: [LinksModel.self])
    #if MPI
      configuration.subcommands.append(LinksMeasure.self)
    #endif
    return configuration
  }()
}

struct LinksModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract:
      "Print the tables of Proofs/SequenceParallel.md, which stand for no machine in particular.")

  @Option(help: "Also write the points of curves to this file.")
  var json: String?

  func run() throws {
    let tables = LinkTables()
    try finish(try tables.markdown, json: json, { try encoded(try tables.points) }, holds: true)
  }
}

#if MPI
  struct LinksMeasure: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "measure",
      abstract:
        "Time the scan, the ring and the all-gather between ranks of MPI, beside the model.",
      discussion: """
        Under mpirun, with two ranks or more: 'mpirun -n 4 deltanet-verify links measure'. The model gets the latency \
        and the bandwidth between rank 0 and rank 1, and the operations of a rank while all ranks compute. It knows nothing \
        of ranks that share a core or a link.

        Every round times each exchange once, on all ranks at the same time; the slowest rank counts.
        """)

    @Option(help: "Heads H.", transform: { try list($0, size) })
    var heads = [1, 4, 16]

    @Option(
      help: "Widths of a head: '64' is dk = dv, '128x256' dk and dv.",
      transform: { try list($0, widths(of:)) })
    var widths = [HeadWidths(key: 64, value: 64)]

    @Option(
      help: "Lengths L, for each of which the messages of ring attention are timed, too.",
      transform: { try list($0, size) })
    var lengths: [Int]?

    @Option(help: "How often everything is timed.")
    var rounds = 5

    @Option(help: "Count the bytes that leave each rank through this network interface.")
    var interface: String?

    @Option(help: "Also write the result to this file.")
    var json: String?

    func validate() throws {
      if !(1...10_000).contains(rounds) {
        throw ValidationError("--rounds \(rounds): 1 to 10000 can be had")
      }
      for (widths, heads) in widths.flatMap({ widths in heads.map { (widths, $0) } }) {
        let (dk, dv) = (Double(widths.key), Double(widths.value))
        let tokens = Double(lengths?.max() ?? 0)
        guard Double(heads) * (dk + dv) * max(dk, tokens) <= 1e8 else {
          throw ValidationError("so much cannot be sent: leave it at 10⁸ numbers a rank")
        }
      }
    }

    func run() throws {
      // What takes longer hangs.
      let world = try World.started(timeLimit: 600)
      guard world.count > 1 else {
        try world.finish()
        throw reportBadInput("one rank has no links; start two or more with 'mpirun -n 2'")
      }
      do {
        let outcome = try LinkBenchmark(
          shapes: try shapes(), rounds: rounds,
          interface: interface.map { NetworkInterface(name: $0) }
        ).run(on: world)
        if world.rank == 0 {
          let document = { try encoded(outcome, keys: .convertToSnakeCase) }
          try finish(outcome.text, json: json, document, holds: true)
        }
        try world.finish()
      } catch {
        // What has an exit code has been told.
        if !(error is ExitCode) { tell("rank \(world.rank): \(error)") }
        world.abort(status: 2)
      }
    }

    private func shapes() throws -> [BatchShape] {
      try widths.flatMap { widths in
        try heads.flatMap { heads in
          try (lengths ?? [0]).map { length in
            try BatchShape(
              batch: 1, length: length, keyHeads: heads, heads: heads, keyDimension: widths.key,
              valueDimension: widths.value)
          }
        }
      }
    }
  }
#endif
