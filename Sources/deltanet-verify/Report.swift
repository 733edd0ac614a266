import ArgumentParser
import FoundationEssentials
import TensorFiles
import Terminal
import Verification

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page that shows what was verified, how, and how far to trust it.",
    discussion: """
      One file, 'index.html', that needs no network and no script; its pictures also lie beside it as SVG. \
      They are drawn by gnuplot. Laws, faults, accuracy and costs are measured for it: about two minutes.
      """)

  @Option(help: "The 64-bit number that every case is derived from.")
  var seed: UInt64 = 1

  @Option(help: "The folder to write to; it is made where it does not exist.")
  var out: String

  @Option(help: "Times to show, too: a file that 'bench --json' wrote.")
  var bench: String?

  @Option(help: "Cases for each sampled law, and at most for each law and fault.")
  var cases: Int?

  @Option(help: "How many things are measured at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    if let cases, cases < 1 { throw ValidationError("--cases \(cases): at least one is needed") }
    if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one is needed") }
  }

  func run() async throws {
    let benchmark = try bench.map { path in try badInput { try RecordedBenchmark(path: path) } }
    let gnuplot = try badInput { try Gnuplot() }
    try badInput { try makeFolder(out) }
    let bar = ProgressBar()
    let page = try await ReportPage.measured(
      seed: seed, cases: cases, jobs: jobs, benchmark: benchmark
    ) { bar.show($0, of: $1, $2) }
    bar.clear()
    var pictures: [String: [UInt8]] = [:]
    for (name, svg) in page.drawings { pictures[name] = Array(svg.utf8) }
    for (name, script) in page.plots {
      do { pictures[name] = try await gnuplot.picture(script) } catch {
        throw reportBadInput("\(error)")
      }
    }
    try badInput {
      for (name, picture) in pictures { try write(picture, toFile: "\(out)/\(name).svg") }
      try write(Array(page.html(pictures).utf8), toFile: "\(out)/index.html")
    }
    try show("\(page.summary)\(out)/index.html\n")
    if !page.holds { throw ExitCode(1) }
  }
}
