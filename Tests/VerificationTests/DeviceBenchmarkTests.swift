import DeltaRule
import DeltaRuleGPU
import Foundation
import Testing

@testable import Verification

@Suite("Benchmark on a device")
struct DeviceBenchmarkTests {
  private func configuration(
    _ form: DeviceForm = .walk(.sixtyFour), _ pass: BenchmarkPass = .forward,
    _ storage: Storage = .bfloat16, length: Int = 4096, dk: Int = 128, dv: Int = 128
  ) throws -> DeviceConfiguration {
    DeviceConfiguration(
      form: form, pass: pass, storage: storage, products: .float32,
      shape: try BatchShape(
        batch: 2, length: length, keyHeads: 3, heads: 3, keyDimension: dk, valueDimension: dv))
  }

  /// q k v β o, and do dq dk dv dβ with q k v β again, number by number.
  @Test(arguments: [
    (BenchmarkPass.forward, 128 + 128 + 96 + 1 + 96), (.backward, 449 + 128 + 128 + 96 + 1),
    (.forwardAndBackward, 449 + 449 + 128 + 128 + 96 + 1),
  ])
  func bytes(pass: BenchmarkPass, numbers: Int) throws {
    for (storage, size) in [(Storage.float32, 4), (.float16, 2), (.bfloat16, 2)] {
      let timed = try configuration(.walk(.sixteen), pass, storage, dv: 96)
      #expect(timed.bytes == Double(numbers * size))
    }
  }

  @Test
  func bytesOfAFullHeadAndOfAStep() throws {
    #expect(try configuration().bytes == 1026)
    #expect(
      try configuration(.recurrence, .decode, length: 1, dk: 64, dv: 32).bytes
        == Double(2 * (64 + 64 + 32 + 32 + 1) + 4 * 64 * 32 + 4 * 64 * 32))
  }

  /// Against the sizes of the products of one chunk, (rows, depth, columns), triangles by their share.
  @Test
  func operations() throws {
    let (C, dk, dv) = (32.0, 128.0, 96.0)
    func sum(_ products: [(Double, Double, Double)], half triangles: [(Double, Double, Double)])
      -> Double
    {
      let flops = { (sizes: (Double, Double, Double)) in 2 * sizes.0 * sizes.1 * sizes.2 }
      return (products.map(flops).reduce(0, +) + triangles.map(flops).reduce(0, +) / 2) / C
    }
    let inverse = C * C / 3
    let forward =
      inverse
      + sum(
        [(C, dk, dv), (C, dk, dv), (dk, C, dv)],
        half: [(C, dk, C), (C, dk, C), (C, C, dv), (C, C, dv)])
    let backward =
      inverse
      + sum(
        [
          (C, dk, dv), (dk, C, dv), (C, dk, dv), (dk, C, dv), (dk, C, dv), (C, dv, dk), (C, dv, dk),
          (C, dv, dk),
        ],
        half: Array(repeating: (C, dk, C), count: 2) + Array(repeating: (C, C, dk), count: 4)
          + Array(repeating: (C, C, dv), count: 4) + Array(repeating: (C, dv, C), count: 2))
    for (pass, expected) in [
      (BenchmarkPass.forward, forward), (.backward, backward),
      (.forwardAndBackward, forward + backward),
    ] {
      let timed = try configuration(.parallel(.thirtyTwo), pass, dv: 96)
      let count = timed.operations(by: .parallel(.thirtyTwo), chunkLength: 32)
      #expect(abs(count - expected) < 1e-6)
    }
    let step = try configuration(.recurrence, .decode, length: 1, dv: 96)
    #expect(step.operations(by: .recurrence, chunkLength: 64) == 3 * 2 * 128 * 96)
    // No chunk is longer than its sequence.
    let short = try configuration(length: 16)
    #expect(
      short.operations(by: .walk(.sixtyFour), chunkLength: 64)
        == short.operations(by: .walk(.sixteen), chunkLength: 16))
  }

  @Test
  func rates() throws {
    // 2 · 4096 · 3 tokens and heads in 49.152 ms are 2 µs each.
    let measured = DeviceMeasurement(
      try configuration(), form: .walk(.sixtyFour), chunkLength: 64, sets: 1,
      milliseconds: Samples([49.152, 98.304, 98.304]))
    #expect(abs(measured.nanoseconds.minimum - 2000) < 1e-9)
    #expect(abs(measured.nanoseconds.median - 4000) < 1e-9)
    #expect(abs(measured.bandwidth - 1026.0 / 2000) < 1e-9)
    let operations = Double(6 * 128 * 128 + 2 * 64 * 256) + Double(64 * 64) / 3
    #expect(abs(measured.rate - operations / 2000 / 1000) < 1e-9)
    #expect(measured.products == .float32)
  }

  @Test
  func standardSizesGetSmallerOnSlowDevices() {
    let fast = DeviceGrid.standardSizes(secondsPerTokenAndHead: 1e-9)
    #expect(fast.map(\.lengths) == [[512], [2048], [8192], [32768]])
    #expect(fast.map(\.batches) == [[64], [16], [4], [1]])
    #expect(fast.allSatisfy { $0.heads == [16] && $0.widths.map(\.key) == [64, 128] })
    let slow = DeviceGrid.standardSizes(secondsPerTokenAndHead: 5e-5)
    #expect(slow.map(\.lengths) == [[512]])
    #expect(slow.map(\.heads) == [[4]])
    let slowest = DeviceGrid.standardSizes(secondsPerTokenAndHead: 1)
    #expect(slowest.map(\.heads) == [[1]])
  }
}

@Suite(
  "Benchmark on OpenCL", .serialized,
  .enabled(
    if: (try? Device.open(.openCL(0))) != nil,
    "there is no OpenCL device: install pocl-opencl-icd and ocl-icd-libopencl1"))
struct OpenCLBenchmarkTests {
  private let device: Device

  init() throws { device = try Device.open(.openCL(0)) }

  private func grid() -> DeviceGrid {
    var grid = DeviceGrid(for: device)
    grid.sizes = [BenchmarkSizes(lengths: [20], batches: [2], heads: [2])]
    grid.sizes[0].widths = [HeadWidths(key: 16, value: 32)]
    return grid
  }

  @Test
  func run() throws {
    var grid = grid()
    grid.passes = BenchmarkPass.allCases
    grid.forms = [.walk(.sixteen), .parallel(.sixteen)]
    let configurations = try grid.configurations()
    var progress: [Int] = []
    let outcome = try DeviceBenchmark(configurations, on: device, rounds: 2).run { done, total in
      progress.append(done)
      #expect(total == 2 * configurations.count)
    }
    #expect(progress == Array(1...2 * configurations.count))
    #expect(outcome.measurements.map(\.configuration).count == 3 * 2 + 1)
    #expect(outcome.measurements.allSatisfy { $0.milliseconds.minimum > 0 })
    #expect(outcome.text.contains("  forward+backward  bf16     f32"))

    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.json().utf8)) as? [String: Any])
    #expect(Set(json.keys) == ["device", "rounds", "limits", "results", "left_out"])
    let device = try #require(json["device"] as? [String: Any])
    #expect(
      Set(device.keys) == ["name", "device", "architecture", "multiprocessors", "memory"])
    #expect(device["device"] as? String == "opencl:0")
    let limits = try #require(json["limits"] as? [String: Any])
    #expect(try #require(limits["copy_gbytes"] as? Double) > 0)
    #expect(Set(try #require(limits["products_tflops"] as? [String: Double]).keys) == ["f32"])
    let results = try #require(json["results"] as? [[String: Any]])
    let keys: Set = [
      "form", "pass", "numbers", "batch", "heads", "key_width", "value_width", "length",
      "products", "computed_by", "sets", "ms_minimum", "ms_median", "ns_minimum", "ns_median",
      "bytes", "gbytes", "percent_of_copy", "times_copy", "operations", "tflops",
      "percent_of_products",
    ]
    for result in results {
      let byChunks = result["pass"] as? String != "decode"
      #expect(Set(result.keys) == keys.union(byChunks ? ["chunk_length"] : []))
    }
  }

  @Test
  func leavesOutWhatDoesNotFit() throws {
    var grid = grid()
    grid.sizes.append(BenchmarkSizes(lengths: [1 << 30], batches: [1 << 30], heads: [1 << 30]))
    grid.sizes[1].widths = [HeadWidths(key: 16, value: 1 << 30), HeadWidths(key: 512, value: 16)]
    grid.sizes.append(BenchmarkSizes(lengths: [8], batches: [1], heads: [1]))
    grid.sizes[2].widths = [HeadWidths(key: 512, value: 16)]
    grid.forms = [.walk(.sixteen)]
    let outcome = try DeviceBenchmark(grid.configurations(), on: device, rounds: 1).run()
    #expect(outcome.measurements.count == 1)
    let reasons = outcome.leftOut.map(\.reason)
    #expect(reasons.count == 3)
    #expect(reasons[0].hasPrefix("takes "))
    #expect(reasons[2].hasPrefix("dk = 512: "))
    #expect(outcome.text.contains("left out: walk-16 forward bf16 B 1 H 1 dk 512 dv 16 L 8: dk"))
  }

  @Test
  func explanation() throws {
    let text = try grid().configurations().explanation(on: device)
    #expect(text.contains("automatic is"))
    #expect(text.contains("walk-64"))
  }
}
