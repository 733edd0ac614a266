import Algebra
import DeltaRule
import DeltaRuleCPU
import Foundation
import FoundationXML
import ProgramRuns
import PropertyTesting
import Testing

@testable import Verification

@Suite("The report's page")
struct ReportPageTests {
  /// A page of one case a law, no kill, and the smallest of sweeps.
  private static func page(
    jobs: Int, costs: MeasuredCosts = MeasuredCosts(rows: []), benchmark: RecordedBenchmark? = nil
  ) async throws -> ReportPage {
    let laws = try Verification(seed: 7, jobs: jobs)
    return ReportPage(
      machine: Machine(instructionSet: .baseline),
      verification: laws.outcome(laws.instances.map { $0.property.check(replaying: []) }),
      faults: KillMatrix(
        seed: 7, rows: Fault.allCases.map { KillMatrix.Row(fault: $0, kills: []) },
        falseAlarms: []),
      accuracy: try await .measured(
        [
          AccuracySweep.Part(
            heading: "Length", text: "Of <i>sequences</i>.",
            grids: [
              AccuracyGrid(
                "Precisions", picture: "precisions", "L", RoundedKernel.precisions,
                changing: \.length, through: [16, 32].map { (.init(label: "\($0)", x: 1), $0) })
            ]),
          AccuracySweep.Part(
            heading: "Numbers", text: "",
            grids: [
              AccuracyGrid(
                "Types", AccuracySetting(length: 8, chunkLength: 4),
                byNumbers: RoundedKernel.byNumbers.map { Array($0.prefix(2)) })
            ]),
        ], seed: 7, jobs: jobs
      ) { _, _ in },
      errors: ErrorOverTokens(errors: [("f32", [1e-7, 2e-7])]), costs: costs,
      attention: try AttentionPicture(seed: 7), benchmark: benchmark)
  }

  private static func html(_ page: ReportPage) -> String {
    let names = page.plots.map(\.name) + page.drawings.map(\.name)
    return page.html(Dictionary(uniqueKeysWithValues: names.map { ($0, Array("<svg/>".utf8)) }))
  }

  /// Tags are balanced; nothing is loaded; links lead to sections; pictures are described.
  @Test
  func isOneWellFormedFile() async throws {
    let page = Self.html(try await Self.page(jobs: 2))
    let parser = XMLParser(data: Data(page.utf8))
    let elements = Elements()
    parser.delegate = elements
    #expect(parser.parse(), "\(parser.parserError.debugDescription) in line \(parser.lineNumber)")
    #expect(elements.sources.count == 4 + 3)
    #expect(elements.sources.allSatisfy { $0.hasPrefix("data:image/svg+xml;base64,PHN2Zy8+") })
    #expect(elements.links.count == 7)
    #expect(Set(elements.links) == Set(elements.ids.map { "#\($0)" }))
    #expect(elements.missingDescriptions == 0)
    for outside in ["http:", "https:", "url(", "@import", "<script", "<link"] {
      #expect(!page.contains(outside))
    }
  }

  /// What is drawn without gnuplot is well-formed, too.
  @Test
  func drawings() async throws {
    for (name, svg) in try await Self.page(jobs: 1).drawings {
      #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(name)")
    }
  }

  @Test
  func namesEveryLawAndFault() async throws {
    let page = try await Self.page(jobs: 2)
    let text = Self.html(page)
    for law in Law.all { #expect(text.contains("<b>\(law.id)</b> \(HTML("\(law.title)").text)")) }
    for fault in Fault.allCases {
      #expect(text.contains("<th scope=\"row\">\(fault.rawValue)</th>"))
    }
    #expect(!page.holds, "no fault is caught")
    #expect(text.contains("class=\"verdict fails\""))
    #expect(text.contains("0 of \(Fault.allCases.count) planted faults are caught"))
  }

  @Test
  func sameBytesForAnyNumberOfJobs() async throws {
    let (one, three) = (try await Self.page(jobs: 1), try await Self.page(jobs: 3))
    #expect(Self.html(one) == Self.html(three))
    #expect(one.plots.map(\.script) == three.plots.map(\.script))
    #expect(one.drawings.map(\.svg) == three.drawings.map(\.svg))
  }

  @Test
  func escapes() {
    let text = "<a href=\"x\"> & 'y'"
    #expect(HTML("<p>\(text)</p>").text == "<p>&lt;a href=&quot;x&quot;&gt; &amp; 'y'</p>")
    let piece: HTML = "<b>\(1)</b>"
    #expect(HTML("<p>\(piece)\([piece, piece])</p>").text == "<p><b>1</b><b>1</b>\n<b>1</b></p>")
    let plot = LinePlot(title: "it's\n!rm", xLabel: "", yLabel: "", series: [])
    #expect(plot.script.contains("set title 'it''s!rm' noenhanced\n"))
  }

  @Test
  func differentCostsAreShown() async throws {
    let row = MeasuredCosts.Row(
      name: "recurrence", cost: .recurrence, multiplications: [1, 1, 1, 1], depths: [1, 1, 1, 1])
    let costs = MeasuredCosts(rows: [row])
    #expect(!costs.agree)
    #expect(Self.html(try await Self.page(jobs: 1, costs: costs)).contains("<td>DIFFERENT</td>"))
  }

  @Test
  func benchmarksAreShown() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let times = [16, 32].map { length in
      """
      {"form": "a<b", "pass": "forward", "numbers": "f32", "batch": 1, "heads": 8, "key_width": 64,
       "value_width": 64, "length": \(length), "ns_minimum": 2.5, "ns_median": 3}
      """
    }
    try Data(
      "{\"machine\": {\"processor\": \"P & Q\"}, \"results\": [\(times.joined(separator: ","))]}"
        .utf8
    ).write(to: file)
    let benchmark = try RecordedBenchmark(path: file.path)
    let text = Self.html(try await Self.page(jobs: 1, benchmark: benchmark))
    #expect(text.contains("P &amp; Q") && text.contains("a&lt;b") && text.contains("id=\"speed\""))
    #expect(benchmark.plots.map(\.name) == ["speed-1"])
    try Data("{\"results\": []}".utf8).write(to: file)
    #expect(throws: (any Error).self) { try RecordedBenchmark(path: file.path) }
  }

  @Test
  func refusesMissingFilesAndPrograms() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    let missing = try ProgramRun(
      "deltanet-verify", ["report", "--out", folder, "--bench", "/nowhere.json"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains("/nowhere.json"))
    let undrawn = try ProgramRun(
      "deltanet-verify", ["report", "--out", folder], environment: ["PATH": "/nowhere"])
    #expect(undrawn.status == 2)
    #expect(undrawn.errors.contains("gnuplot: not found"))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}

@Suite("Accuracy of the report's page")
struct AccuracySweepTests {
  private func bits(_ kernel: RoundedKernel?, _ setting: AccuracySetting) throws -> Double {
    try #require(kernel).bits(setting, seed: 1)
  }

  private func formulation(_ name: String) -> RoundedKernel? {
    RoundedKernel.formulations.first { $0.name == name }
  }

  /// Each format has as many bits as it keeps, less what a few roundings lose.
  @Test
  func knownFormats() throws {
    let setting = AccuracySetting(length: 64, chunkLength: 16)
    #expect(try 22.5...25 ~= bits(formulation("recurrence"), setting))
    let ranges = ["f64": 51...53.0, "f32": 22...25, "tf32": 9...12, "f16": 9...12, "bf16": 6...9]
    for kernel in RoundedKernel.precisions {
      let bits = try bits(kernel, setting)
      #expect(ranges[kernel.name].map { $0 ~= bits } == true, "\(kernel.name): \(bits)")
    }
  }

  /// For identical keys forward substitution loses nothing, and inverses by powers of A lose all.
  @Test
  func identicalKeys() throws {
    let setting = AccuracySetting(length: 64, keys: .identical)
    #expect(try bits(formulation("chunkwise"), setting) > 18)
    #expect(try bits(formulation("neumann-series"), setting) < 1)
    #expect(try bits(formulation("repeated-squaring"), setting) < 1)
  }

  /// β|k|² is what was asked for, and never more.
  @Test
  func strengths() throws {
    for strengths in [1.0...1.0, 2.0...2.0, 0.0...2.0] {
      let problem = try AccuracySetting(length: 32, strengths: strengths)
        .problem(.bfloat16, seed: 3)
      for t in 0..<problem.length {
        let k = problem.k[row: t].entries
        let strength = problem.beta[t, 0] * k.reduce(0) { $0 + $1 * $1 }
        #expect(strength <= strengths.upperBound && strength >= 0.97 * strengths.lowerBound)
      }
    }
  }

  /// A query reads the last value of its key; after writes of half strength also half of the one before.
  @Test
  func laterWritesOverwrite() throws {
    let picture = try AttentionPicture(seed: 1)
    let attention = attentionMatrix(picture.problem)
    #expect(abs(attention[11, 11] - 1) < 1e-9)
    #expect(abs(attention[10, 3]) > 0.1)
    #expect(abs(attention[11, 3]) < 1e-9)
    #expect(abs(attention[27, 27] - 0.5) < 1e-9)
    #expect(abs(attention[27, 19] - attention[26, 19] / 2) < 1e-9)
  }
}

/// What a page is made of.
private final class Elements: NSObject, XMLParserDelegate {
  var sources: [String] = []
  var links: [String] = []
  var ids: [String] = []
  var missingDescriptions = 0

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    attributes["src"].map { sources.append($0) }
    attributes["href"].map { links.append($0) }
    attributes["id"].map { ids.append($0) }
    if element == "img", attributes["alt"]?.isEmpty != false { missingDescriptions += 1 }
  }
}
