import Testing

@testable import DeltaRuleGPU

/// Tests that need a driver or a compiler are skipped where there is none. Where `DELTANET_REQUIRE` names it, that is a failure.
@Suite("Required runtimes")
struct RequiredRuntimeTests {
  static let required = (environment("DELTANET_REQUIRE") ?? "").split(separator: ",").map(
    String.init)

  @Test(arguments: required)
  func isThere(runtime: String) throws {
    switch runtime {
    case "nvrtc": _ = try NVRTC()
    default: _ = try Device.open(#require(DeviceName(runtime), "no device is called \(runtime)"))
    }
  }
}
