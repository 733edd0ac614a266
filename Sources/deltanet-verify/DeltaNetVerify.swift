import ArgumentParser

@main
struct DeltaNetVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deltanet-verify",
    abstract: "Check formulations of the delta rule, and anybody's kernel, against exact oracles.",
    discussion: """
      Without a subcommand it runs every law from one seed. Exit status: 0 where all hold, 1 where \
      something checked is wrong, 2 where a file cannot be read, 64 for bad usage.
      """,
    subcommands: [
      Laws.self, Merge.self, Check.self, Faults.self, AttackCommand.self, Bench.self, Export.self,
      Links.self, List.self, Model.self, ReportCommand.self, SelfTestCommand.self,
    ] + onRanks,
    defaultSubcommand: Laws.self)

  /// What there is with the package trait `MPI` alone.
  #if MPI
    private static let onRanks: [any ParsableCommand.Type] = [Ranks.self]
  #else
    private static let onRanks: [any ParsableCommand.Type] = []
  #endif
}
