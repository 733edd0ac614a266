import DeltaRuleGPU
import Foundation
import KernelEmulator
import PropertyTesting
import Testing

@testable import Verification

/// `DELTANET_RECORD=1 swift test --filter DevicePrimitiveTests.records` writes `device_primitives.txt` again.
@Suite("Primitives of a device")
struct DevicePrimitiveTests {
  @Test(arguments: DevicePrimitive.allCases)
  func emulatorGivesWhatIsOnRecord(primitive: DevicePrimitive) throws {
    let report = try report(primitive, on: device())
    if let failure = report.failure { Issue.record("\(failure)") }
    #expect(report.held == primitive.caseCount)
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["DELTANET_RECORD"] != nil))
  func records() throws {
    let device = try device()
    let lines = try DevicePrimitive.allCases.flatMap { primitive in
      try (0..<primitive.caseCount).map { try PrimitiveCase(primitive, $0).record(on: device) }
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Verification/Laws/device_primitives.txt").standardized
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
  }

  /// A word of the device that does nearly what it should.
  struct Fault: CustomTestStringConvertible {
    let primitive: DevicePrimitive
    let right: String
    let wrong: String
    var testDescription: String { "\(primitive.rawValue): \(wrong)" }
  }

  static let faults = [
    Fault(
      primitive: .toTF32, right: "(u + 0x1000u) & 0xffffe000u",
      wrong: "(u + 0xfffu + (u >> 13 & 1u)) & 0xffffe000u"),
    Fault(primitive: .toBFloat16, right: "(u + 0x7fffu + (u >> 16 & 1u)) >> 16", wrong: "u >> 16"),
    Fault(primitive: .toFloat16, right: "__uint_as_float(rest) + 0.5f", wrong: "0.5f"),
    Fault(primitive: .fromBFloat16, right: "(unsigned)x << 16);", wrong: "(x & 0xfffeu) << 16);"),
    Fault(primitive: .fromFloat16, right: "(float)rest * 0x1p-24f", wrong: "0.0f"),
    Fault(
      primitive: .squareRoot, right: "SQUARE_ROOT(x) __builtin_sqrtf(x)",
      wrong: "SQUARE_ROOT(x) (x * (1.0f / __builtin_sqrtf(x)))"),
    Fault(
      primitive: .packBFloat16, right: "to_bf16(low) | (unsigned)to_bf16(high) << 16",
      wrong: "to_bf16(high) | (unsigned)to_bf16(low) << 16"),
    Fault(
      primitive: .multiplyTF32, right: "{a[0], a[1], a[2], a[3]}", wrong: "{a[0], a[2], a[1], a[3]}"
    ),
    Fault(
      primitive: .multiplyBFloat16, right: "emulated_multiply(emulated_bf16",
      wrong: "emulated_multiply(emulated_f16"),
    Fault(primitive: .multiplyFloat16, right: "d[i] = p.d[i];", wrong: off("p.d[i] * 1.0001f")),
    Fault(
      primitive: .loadMatrices, right: "emulated_load_matrix(emulated_rows",
      wrong: "emulated_load_matrix(emulated_columns"),
    Fault(
      primitive: .loadMatricesTransposed, right: "r[i] = load.r[i]", wrong: "r[i] = load.r[i ^ 1]"),
    Fault(
      primitive: .storeMatricesTransposed, right: "{r[0], r[1], r[2], r[3]}",
      wrong: "{r[0], r[1], r[3], r[2]}"),
    Fault(
      primitive: .copyAsynchronously, right: "emulated.copy(shared, global, valid, line)",
      wrong: "emulated.copy(shared, global, 1, line)"),
    Fault(primitive: .shuffle, right: "{value, mask}", wrong: "{value, mask ^ 1}"),
  ]

  @Test func everyPrimitiveHasAFault() {
    #expect(Self.faults.map(\.primitive) == DevicePrimitive.allCases)
  }

  @Test(arguments: faults)
  func faultsAreFound(fault: Fault) throws {
    let report = try report(fault.primitive, on: device(with: fault))
    #expect(try #require(report.counterexample).reason.contains("the emulator"))
  }

  /// Tensor cores cut off what does not fit.
  @Test(arguments: [DevicePrimitive.multiplyTF32, .multiplyBFloat16, .multiplyFloat16])
  func lastBitsOfProductsAreExcused(primitive: DevicePrimitive) throws {
    let cut = Fault(
      primitive: primitive, right: "d[i] = p.d[i];",
      wrong: Self.off("__uint_as_float(__float_as_uint(p.d[i]) - 1)"))
    let report = try report(primitive, on: device(with: cut))
    #expect(report.holds, "\(report.failure ?? "")")
    let ratio = try #require(report.observations.maxima["error / bound"])
    #expect(0 < ratio && ratio < 0.1)
  }

  /// Sums that are no integers, changed.
  private static func off(_ changed: String) -> String {
    "d[i] = p.d[i] == (float)(int)p.d[i] ? p.d[i] : \(changed);"
  }

  private func device(with fault: Fault? = nil) throws -> Device {
    try Emulator.device(
      seed: 1, exact: false, checkingAccesses: fault == nil, images: ImageCache(folder: nil),
      compiler: Compiler(fault: fault))
  }

  private func report(_ primitive: DevicePrimitive, on device: Device) throws -> Report {
    let subject = "\(primitive.rawValue)@emulated"
    let instances = Law.devicePrimitives(of: device).instances
    return try #require(instances.first { $0.subject == subject }).check(Search(seed: 1))
  }
}

/// The emulator's compiler, with a word of the device exchanged.
private struct Compiler: KernelCompiler {
  private let clang: ClangCompiler
  let primitives: String?

  init(fault: DevicePrimitiveTests.Fault?) throws {
    clang = try ClangCompiler(reportingAccesses: fault == nil)
    let words = Emulator.deviceHeader
    primitives = fault.map { words.replacing($0.right, with: $0.wrong) } ?? words
    #expect(fault == nil || primitives != words)
  }

  var identity: String { clang.identity }
  var isCachedOnDisk: Bool { false }

  func compile(_ source: KernelSource, architecture: String) throws -> [UInt8] {
    try clang.compile(source, architecture: architecture)
  }
}
