import ArgumentParser

@main
struct DeltaNetTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deltanet",
    abstract: "DeltaNet models on the processor.",
    discussion: """
      Models are folders in Hugging Face's layout, of flash-linear-attention's delta_net family. Exit status: 0 where all went \
      well, 1 where a suite's claim does not hold, 2 where a file cannot be read or used, 64 for bad usage.
      """,
    subcommands: [
      Inspect.self, Generate.self, PerplexityCommand.self, Initialize.self, Train.self,
      ExportExamples.self,
    ])
}
