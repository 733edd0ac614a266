import Testing

@testable import DeltaRuleGPU

struct DeviceNameTests {
  @Test(arguments: [
    ("best", DeviceName.best), ("cuda:0", .cuda(0)), ("cuda:12", .cuda(12)),
    ("opencl:3", .openCL(3)), ("emulated", .emulated),
  ])
  func namesAreReadAsTheyAreWritten(text: String, name: DeviceName) {
    #expect(DeviceName(text) == name)
    #expect(name.description == text)
  }

  @Test(arguments: [
    "", "Best", "cuda", "cuda:", "cuda:-1", "cuda:+1", "cuda:01", "cuda: 1", "opencl:x", "metal:0",
    "cuda:99999999999999999999",
  ])
  func anythingElseIsNoName(text: String) { #expect(DeviceName(text) == nil) }
}
