import ArgumentParser
import DeltaRuleCPU
import FoundationEssentials
import Verification

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time the kernels for the processor.",
    discussion: """
      Without sizes, passes, numbers and forms: a standard set of about a minute. With any of them: every \
      combination, of which those not given are L = 2048, H = 8, B = 1, widths 64 and 128, f32 and f64, the \
      forward pass, and fused-recurrence, chunkwise-64 and fully-parallel. A decoding step is one token long \
      and has a form of its own.

      Every round times each form and the calibrations once. One thread is timed by the processor time it \
      gets, several by the clock. What does not fit into half of the memory, or 8 GiB, is left out.
      """)

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

  @Option(help: "'f32', 'f64'.", transform: { try list($0, name) })
  var numbers: [BenchmarkNumbers]?

  @Option(
    help: "'forward', 'backward', 'forward+backward', 'decode'.",
    transform: { try list($0, name) })
  var passes: [BenchmarkPass]?

  @Option(
    help:
      "'fused-recurrence', 'decoding', 'chunkwise-32', 'fully-parallel', 'automatic'; chunks of any length.",
    transform: { try list($0, form) })
  var forms: [Form]?

  @Option(help: "How many threads a kernel gets.")
  var threads = 1

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
    if !(1...cores).contains(threads) {
      throw ValidationError("--threads \(threads): this machine runs 1 to \(cores)")
    }
    if !(1...100_000).contains(rounds) {
      throw ValidationError("--rounds \(rounds): 1 to 100000 can be had")
    }
    let combinations = [
      lengths?.count, heads?.count, batch?.count, widths?.count, numbers?.count, passes?.count,
      forms?.count,
    ].reduce(1.0) { $0 * Double($1 ?? 3) }
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
    let configurations = try configurations()
    if explain { return try show(configurations.explanation) }
    if forms?.allSatisfy(\.isAvailable) == false { throw reportBadInput("\(MissingOpenBLAS())") }
    let set = instructionSet ?? .best
    let available = InstructionSet.available
    guard available.contains(set) else {
      let others = available.map(\.rawValue).joined(separator: ", ")
      throw reportBadInput("this processor has no \(set.rawValue); it has \(others)")
    }
    let gnuplot =
      plot == nil
      ? nil
      : try await badInput { try Gnuplot(path: ProcessInfo.processInfo.environment["PATH"] ?? "") }
    let bar = ProgressBar()
    let outcome = Benchmark(
      configurations, threads: threads, rounds: rounds, instructionSet: set
    ).run { bar.show($0, of: $1) }
    bar.clear()
    try finish(outcome.text, json: json, outcome.json, holds: true)
    if let gnuplot, let plot { try await draw(outcome, with: gnuplot, to: plot) }
  }

  /// The standard set where nothing is chosen.
  private func configurations() throws -> [BenchmarkConfiguration] {
    if lengths == nil, heads == nil, batch == nil, widths == nil, numbers == nil, passes == nil,
      forms == nil
    {
      return try BenchmarkGrid.standard()
    }
    var grid = BenchmarkGrid()
    grid.lengths = lengths ?? grid.lengths
    grid.heads = heads ?? grid.heads
    grid.batches = batch ?? grid.batches
    grid.widths = widths ?? grid.widths
    grid.numbers = numbers ?? grid.numbers
    grid.passes = passes ?? grid.passes
    grid.forms = forms ?? grid.forms
    return try grid.configurations()
  }

  private func draw(
    _ outcome: Benchmark.Outcome, with gnuplot: Gnuplot, to path: String
  ) async throws {
    guard let script = PlotFormat(path: path).flatMap({ outcome.plot($0) }) else {
      throw reportBadInput("--plot \(path): all that it would show was left out")
    }
    let picture = try await badInput { try await gnuplot.picture(script) }
    do {
      try Data(picture).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw reportBadInput("\(path): cannot be written; name a file in a folder that can be")
    }
  }

  /// Turns what is missing, or cannot be drawn, into bad input.
  private func badInput<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch { throw reportBadInput("\(error)") }
  }
}

/// What a list with commas holds.
private func list<Element>(_ text: String, _ element: (String) throws -> Element) throws
  -> [Element]
{
  try text.split(separator: ",", omittingEmptySubsequences: false).map { try element(String($0)) }
}

private func name<Name: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Name {
  guard let name = Name(rawValue: text) else {
    let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(text)' is none of \(known)")
  }
  return name
}

private func form(_ text: String) throws -> Form {
  guard let form = Form(name: text) else {
    let known = Form.all.map(\.name).joined(separator: ", ")
    throw ValidationError("'\(text)' is none of \(known)")
  }
  return form
}

private func size(_ text: String) throws -> Int {
  guard let size = Int(text), BenchmarkGrid.sizes.contains(size) else {
    throw ValidationError("'\(text)' is no size from 1 to \(BenchmarkGrid.sizes.upperBound)")
  }
  return size
}

private func widths(of text: String) throws -> HeadWidths {
  let sizes = try text.split(separator: "x", omittingEmptySubsequences: false).map {
    try size(String($0))
  }
  guard sizes.count <= 2, let key = sizes.first, let value = sizes.last else {
    throw ValidationError("'\(text)' is no width such as 64 or 128x256")
  }
  return HeadWidths(key: key, value: value)
}
