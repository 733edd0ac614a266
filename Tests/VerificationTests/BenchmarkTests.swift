import DeltaRule
import DeltaRuleCPU
import Foundation
import Reporting
import Terminal
import Testing

@testable import Verification

@Suite("Benchmark")
struct BenchmarkTests {
  private func configuration(
    _ form: Form = .fusedRecurrence, _ pass: BenchmarkPass = .forward,
    _ numbers: BenchmarkNumbers = .f32, length: Int = 8, width: Int = 4
  ) throws -> BenchmarkConfiguration {
    BenchmarkConfiguration(
      form: form, pass: pass, numbers: numbers,
      shape: try BatchShape(
        batch: 1, length: length, keyHeads: 2, heads: 2, keyDimension: width, valueDimension: width)
    )
  }

  /// A measurement of so many nanoseconds a token and head.
  private func measurement(_ form: Form, length: Int, nanoseconds: Double) throws
    -> BenchmarkMeasurement
  {
    BenchmarkMeasurement(
      try configuration(form, length: length),
      seconds: [nanoseconds * 1e-9 * 2 * Double(length)])
  }

  @Test
  func samples() {
    #expect(Samples([3, 1, 2]).minimum == 1)
    #expect(Samples([3, 1, 2]).median == 2)
    #expect(Samples([4, 1, 3, 2]).median == 2.5)
    #expect(Samples([7]).median == 7)
  }

  /// Against what the formulas say for 8 tokens of 2 heads, 4 wide.
  @Test(arguments: [
    (BenchmarkPass.forward, 6.0, 16 * (4 * 4 + 1) + 2 * 32),
    (.backward, 14, 16 * (7 * 4 + 2) + 3 * 32),
    (.forwardAndBackward, 20, 16 * (12 * 4 + 3) + 5 * 32),
    (.decode, 6, 16 * (4 * 4 + 1) + 2 * 32),
  ])
  func leastWork(pass: BenchmarkPass, operations: Double, numbers: Int) throws {
    let single = try configuration(.fusedRecurrence, pass)
    #expect(single.operations == operations * 16 * 16)
    #expect(single.bytes == Double(numbers) * 4)
    #expect(try configuration(.fusedRecurrence, pass, .f64).bytes == Double(numbers) * 8)
    // 2 ns a token and head are 8 operations of 16 a nanosecond, for each of dk·dv / 16.
    let timed = BenchmarkMeasurement(single, seconds: [2e-9 * 16, 4e-9 * 16], bandwidth: 10)
    #expect(abs(timed.rate - operations * 16 / 2) < 1e-9)
    #expect(abs(timed.nanoseconds.median - 3) < 1e-9)
    let percent = try #require(timed.percentOfBandwidth)
    #expect(abs(percent - 100 * Double(numbers) * 4 / 16 / 2 / 10) < 1e-9)
  }

  @Test
  func combinations() throws {
    var grid = BenchmarkGrid()
    grid.sizes = BenchmarkSizes(lengths: [512, 2048, 512], batches: [1, 2], heads: [1, 8])
    grid.sizes.widths = [HeadWidths(key: 128, value: 256)]
    (grid.numbers, grid.passes) = ([.f64], [.forward, .decode])
    let all = try grid.configurations()
    let decoding = all.filter { $0.pass == .decode }
    #expect(all.count - decoding.count == 2 * 2 * 2 * 3)
    #expect(decoding.count == 2 * 2, "whatever the lengths and forms")
    #expect(decoding.allSatisfy { $0.shape.length == 1 && $0.form == .decoding })
    #expect(all.allSatisfy { $0.shape.keyDimension == 128 && $0.shape.valueDimension == 256 })
    let standard = try BenchmarkGrid.standard()
    #expect(BenchmarkPass.allCases.allSatisfy { pass in standard.contains { $0.pass == pass } })
    #expect(standard.contains { $0.pass == .decode && $0.shape.batch * $0.shape.heads == 64 })
  }

  @Test
  func leavesOutWhatDoesNotFit() throws {
    // 65,536² numbers are 16 GiB, and two threads take two of them each; the largest of these shapes fits into no integer.
    let large = try configuration(.fullyParallel, length: 1 << 16)
    let huge = try BatchShape(
      batch: 1 << 30, length: 1 << 30, keyHeads: 1 << 30, heads: 1 << 30, keyDimension: 1 << 30,
      valueDimension: 1 << 30)
    let absurd = BenchmarkConfiguration(
      form: .chunkwise(1 << 40), pass: .forwardAndBackward, numbers: .f64, shape: huge)
    let small = try [
      configuration(.fusedRecurrence, length: 1 << 16),
      configuration(.chunkwise(1 << 40)), configuration(.fullyParallel),
    ]
    let (groups, leftOut) = BenchmarkGroup.groups(
      of: [small[0], large, small[1], absurd, small[2]], threads: 2, limit: 0x1p30)
    #expect(groups.map(\.configurations) == [[small[0]], [small[1], small[2]]])
    #expect(leftOut.map(\.configuration) == [large, absurd])
    #expect(leftOut[0].reason == "takes 64.0 GiB, more than the 1.0 GiB allowed")
    let outcome = Benchmark([large], threads: 1, rounds: 1, memoryLimit: 0x1p30).run()
    #expect(outcome.text.contains("left out: fully-parallel forward f32 B 1 H 2 dk 4 dv 4 L 65536"))
    #expect(outcome.plot(.svg) == nil)
  }

  @Test
  func growth() throws {
    let points = [(512, 10.0), (2048, 20), (1024, 10 * 2.0.squareRoot()), (511, 1)]
    let growth = try #require(
      Growth.all(
        in: points.map {
          try measurement(.fullyParallel, length: $0.0, nanoseconds: $0.1)
        } + [measurement(.decoding, length: 512, nanoseconds: 1)]
      ).first)
    #expect(growth.lengths == [512, 1024, 2048])
    #expect(abs(growth.exponent - 1.5) < 1e-9)
  }

  @Test
  func crossover() throws {
    func crossover(_ times: [Double]) throws -> Crossover {
      let lengths = [16, 64, 256]
      let measurements = try zip(lengths, times).flatMap { length, time in
        [
          try measurement(.fusedRecurrence, length: length, nanoseconds: time),
          try measurement(.fullyParallel, length: length, nanoseconds: 8),
        ]
      }
      let all = Crossover.all(in: measurements)
      #expect(all.count == 1)
      return try #require(all.first)
    }
    let between = try crossover([32, 16, 4])
    #expect((between.before, between.from) == (64, 256))
    #expect(abs((between.length ?? 0) - 128) < 1e-6)
    let always = try crossover([4, 4, 4])
    #expect((always.before, always.from) == (nil, 16))
    #expect(always.length == nil)
    let never = try crossover([4, 9, 9])
    #expect((never.before, never.from) == (256, nil))
    #expect(never.length == nil)
  }

  @Test
  func run() throws {
    var grid = BenchmarkGrid()
    grid.sizes = BenchmarkSizes(lengths: [8, 12], heads: [2])
    grid.sizes.widths = [HeadWidths(key: 4, value: 4)]
    (grid.numbers, grid.passes) = ([.f32], BenchmarkPass.allCases)
    let configurations = try grid.configurations()
    var progress: [Int] = []
    let outcome = Benchmark(configurations, threads: 1, rounds: 1).run { done, total in
      progress.append(done)
      #expect(total == configurations.count)
    }
    #expect(progress == Array(1...configurations.count))
    #expect(outcome.measurements.map(\.configuration).count == configurations.count)
    #expect(outcome.text.split(separator: "\n").count { $0.contains("  chunkwise-64") } >= 6)

    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.json().utf8)) as? [String: Any])
    #expect(
      Set(json.keys) == [
        "machine", "rounds", "calibration", "results", "growth", "crossover", "left_out",
      ])
    let rates = try #require((json["calibration"] as? [String: [String: Double]])?["f32"])
    #expect(Set(rates.keys) == ["peak_gflops", "product_gflops", "update_gbytes"])
    let machine = try #require(json["machine"] as? [String: Any])
    #expect(machine["instruction_set"] as? String == InstructionSet.best.rawValue)
    let results = try #require(json["results"] as? [[String: Any]])
    let subject: Set = [
      "form", "pass", "numbers", "batch", "heads", "key_width", "value_width", "length",
    ]
    let times: Set = [
      "threads", "ns_minimum", "ns_median", "gflops", "percent_of_peak", "percent_of_product",
      "bytes",
    ]
    for result in results {
      let decoding = result["pass"] as? String == "decode"
      let more: Set<String> = decoding ? ["update_gbytes", "percent_of_bandwidth"] : []
      #expect(Set(result.keys) == subject.union(times).union(more))
    }
    #expect((json["growth"] as? [Any])?.count == 0)
    #expect((json["crossover"] as? [Any])?.count == 6)
    let script = try #require(outcome.plot(.svg))
    #expect(script.contains("title 'chunkwise-64'"))
    #expect(script.contains("set title 'forward+backward f32 B 1 H 2 dk 4 dv 4'"))
    #expect(!script.contains("decode"))
  }

  @Test
  func severalThreads() throws {
    let outcome = Benchmark(
      [try configuration(), try configuration(.decoding, .decode, length: 1)], threads: 2,
      rounds: 2
    ).run()
    #expect(outcome.measurements.allSatisfy { $0.nanoseconds.minimum > 0 })
  }

  @Test
  func explanation() throws {
    let text = try [configuration(), configuration(.decoding, .decode, length: 1)].explanation
    #expect(text.contains("fused-recurrence  "))
    #expect(text.contains("decoding  "))
  }

  /// With a shell for gnuplot, and a script for it that draws, complains, or does nothing.
  @Test
  func drawing() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "gnuplot"), withDestinationURL: URL(filePath: "/bin/sh"))
    let gnuplot = try Gnuplot(path: "/nowhere:\(folder.path())")
    #expect(try await gnuplot.picture("printf '<svg>'") == Array("<svg>".utf8))
    await #expect(throws: GnuplotError.failed("line 0: \twhat?")) {
      try await gnuplot.picture("printf '<svg'; printf 'oh\n line 0: \twhat? \n\n' >&2; exit 1")
    }
    await #expect(throws: GnuplotError.failed("")) { try await gnuplot.picture("") }
  }

  @Test
  func plotsNeedGnuplot() {
    #expect(throws: GnuplotError.missing) { try Gnuplot(path: "/nowhere:") }
    #expect(PlotFormat(path: "times.svg") == .svg)
    #expect(PlotFormat(path: "times.png") == .png)
    #expect(PlotFormat(path: "times.pdf") == nil)
  }
}
