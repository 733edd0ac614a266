import ArgumentParser
import DeltaRuleCPU
import DeltaRuleGPU
import FoundationEssentials
import Reporting
import Terminal
import Verification

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time the kernels for the processor, or those of a device.",
    discussion: """
      Without sizes, passes, numbers and forms: a standard set of about a minute. With any of them: every \
      combination, of which those not given are L = 2048, H = 8, B = 1, widths 64 and 128, f32 and f64, the \
      forward pass, and fused-recurrence, chunkwise-64 and fully-parallel. A decoding step is one token long \
      and has a form of its own.

      Every round times each form and the calibrations once. One thread is timed by the processor time it \
      gets, several by the clock. What does not fit into half of the memory, or 8 GiB, is left out.

      On a device the standard set, where no sizes are given, has 32768 tokens of 16 heads in sequences of 512 \
      to 32768 tokens, or fewer where the device is slow, forwards and forwards with backwards. Otherwise sizes that are \
      not given are B = 16, H = 16 and those above. Numbers are bf16, forms walk-64 and parallel-64 unless named. The \
      device's own clock times every run, of tensors that no cache holds; beside it a copy, and products in \
      registers. What does not fit into half of its memory is left out.
      """)

  @Option(help: "'cpu', or the device whose kernels are timed: 'opencl:0', 'cuda:0', 'best'.")
  var device = DeviceChoice.cpu

  @Option(help: "Lengths L: '512,2048'.", transform: { try list($0, size) })
  var lengths: [Int]?

  @Option(help: "Heads H.", transform: { try list($0, size) })
  var heads: [Int]?

  @Option(help: "Sequences B.", transform: { try list($0, size) })
  var batch: [Int]?

  @Option(
    help: "Widths of a head: '64' is dk = dv, '128x256' dk and dv.",
    transform: { try list($0, widths(of:)) })
  var widths: [HeadWidths]?

  @Option(help: "'f32', 'f64'; in the memory of a device 'f32', 'f16', 'bf16'.")
  var numbers: String?

  @Option(
    help: "What a device multiplies in: 'f32', 'tf32'; by default tf32 where it has matrix units.",
    transform: { try list($0, name) })
  var products: [ProductPrecision]?

  @Option(
    help: "'forward', 'backward', 'forward+backward', 'decode'.",
    transform: { try list($0, name) })
  var passes: [BenchmarkPass]?

  @Option(
    help: """
      'fused-recurrence', 'decoding', 'chunkwise-32', 'fully-parallel', 'automatic'; chunks of any length. \
      On a device 'recurrence', 'walk-64', 'parallel-64', 'automatic'.
      """)
  var forms: String?

  @Option(help: "How many threads a kernel gets; by default 1.")
  var threads: Int?

  @Option(help: "How often everything is timed.")
  var rounds = 5

  @Option(
    help: "'baseline', 'avx2', 'avx512'; by default the widest that the processor has.",
    transform: { try name($0) })
  var instructionSet: InstructionSet?

  @Option(help: "Also write the result to this file.")
  var json: String?

  @Option(help: "Also plot the times against L: a file that ends in .svg or .png.")
  var plot: String?

  @Flag(help: "Say which form 'automatic' is for each shape, and why; time nothing.")
  var explain = false

  func validate() throws {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    if let threads, !(1...cores).contains(threads) {
      throw ValidationError("--threads \(threads): this machine runs 1 to \(cores)")
    }
    if !(1...100_000).contains(rounds) {
      throw ValidationError("--rounds \(rounds): 1 to 100000 can be had")
    }
    let counts =
      switch device {
      case .cpu: try processorChoices().counts
      case .device(let name): try deviceChoices(name).counts
      }
    let combinations =
      (counts + [lengths?.count, heads?.count, batch?.count, widths?.count, passes?.count])
      .reduce(1.0) { $0 * Double($1 ?? 3) }
    if combinations > 10_000 {
      throw ValidationError("these are some \(Int(combinations)) combinations: 10000 are enough")
    }
    if explain, json != nil || plot != nil {
      throw ValidationError("--explain times nothing: leave out --json and --plot")
    }
    if let plot {
      if PlotFormat(path: plot) == nil {
        throw ValidationError("--plot \(plot): name a file that ends in .svg or .png")
      }
      if passes.map({ $0.allSatisfy { $0 == .decode } }) == true {
        throw ValidationError("--plot draws times against L, which a decoding step has not")
      }
    }
  }

  func run() async throws {
    switch device {
    case .cpu: try await runOnProcessor()
    case .device(let name): try runOnDevice(name)
    }
  }

  private func runOnProcessor() async throws {
    let configurations = try configurations()
    if explain { return try show(configurations.explanation) }
    if configurations.contains(where: { !$0.form.isAvailable }) {
      throw reportBadInput("\(MissingOpenBLAS())")
    }
    let set = instructionSet ?? .best
    let available = InstructionSet.available
    guard available.contains(set) else {
      let others = available.map(\.rawValue).joined(separator: ", ")
      throw reportBadInput("this processor has no \(set.rawValue); it has \(others)")
    }
    let gnuplot = plot == nil ? nil : try badInput { try Gnuplot() }
    let bar = ProgressBar()
    let outcome = Benchmark(
      configurations, threads: threads ?? 1, rounds: rounds, instructionSet: set
    ).run { bar.show($0, of: $1) }
    bar.clear()
    try finish(outcome.text, json: json, outcome.json, holds: true)
    if let gnuplot, let plot { try await draw(outcome, with: gnuplot, to: plot) }
  }

  /// Whether a size is given.
  var hasSizes: Bool { lengths != nil || heads != nil || batch != nil || widths != nil }

  /// The sizes that are given, and others for the rest.
  func sizes(or others: BenchmarkSizes) -> BenchmarkSizes {
    var sizes = others
    sizes.lengths = lengths ?? sizes.lengths
    sizes.heads = heads ?? sizes.heads
    sizes.batches = batch ?? sizes.batches
    sizes.widths = widths ?? sizes.widths
    return sizes
  }

  /// What is said of the processor's numbers and forms.
  private struct ProcessorChoices {
    var numbers: [BenchmarkNumbers]?
    var forms: [Form]?

    var counts: [Int?] { [numbers?.count, forms?.count] }
  }

  private func processorChoices() throws -> ProcessorChoices {
    if products != nil {
      throw ValidationError("--products is for a device: name one with --device")
    }
    return ProcessorChoices(
      numbers: try option("--numbers", numbers) { try list($0, name) },
      forms: try option("--forms", forms) {
        try list($0) { try form($0, Form.init(name:), among: Form.all.map(\.name)) }
      })
  }

  /// The standard set where nothing is chosen.
  private func configurations() throws -> [BenchmarkConfiguration] {
    let choices = try processorChoices()
    if !hasSizes, passes == nil, choices.numbers == nil, choices.forms == nil {
      return try BenchmarkGrid.standard()
    }
    var grid = BenchmarkGrid()
    grid.sizes = sizes(or: grid.sizes)
    grid.numbers = choices.numbers ?? grid.numbers
    grid.passes = passes ?? grid.passes
    grid.forms = choices.forms ?? grid.forms
    return try grid.configurations()
  }

  private func draw(
    _ outcome: Benchmark.Outcome, with gnuplot: Gnuplot, to path: String
  ) async throws {
    guard let script = PlotFormat(path: path).flatMap({ outcome.plot($0) }) else {
      throw reportBadInput("--plot \(path): all that it would show was left out")
    }
    try await gnuplot.draw(script, to: path)
  }
}
