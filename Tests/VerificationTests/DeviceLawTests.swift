import DeltaRuleGPU
import KernelEmulator
import PropertyTesting
import Testing

@testable import Verification

/// A few cases of each law; `deltanet-verify --device` checks all of them.
@Suite("Laws about kernels of devices")
struct DeviceLawTests {
  @Test(
    .enabled(
      if: (try? Device.open(.openCL(0))) != nil,
      "there is no OpenCL device: install pocl-opencl-icd and ocl-icd-libopencl1"))
  func kernelsOnOpenCLKeepTheLaws() async throws {
    try await check(Device.open(.openCL(0)))
  }

  @Test func emulatedKernelsKeepTheLaws() async throws {
    try await check(Emulator.device(seed: 5))
  }

  @Test func aFailureSaysWithWhichDeviceAndSeedItIsReplayed() async throws {
    let wrong = Property("wrong", cases: 3) {
      $0.element(of: [4, 5])
    } check: { _, _ in
      throw Falsified("planted")
    }
    let law = Law(
      "W", "wrong", "Never.", formula: "0 = 1", theorem: "",
      Checks([LawInstance("kernel", numbers: "Float", wrong)]))
    let outcome = try await Verification(seed: 9, jobs: 1, from: [law], about: .openCL(1)).run()
    #expect(
      outcome.text.contains("replay: deltanet-verify --device opencl:1 --seed 9 --replay 'wrong:"))
  }

  private func check(_ device: Device) async throws {
    let laws = Law.drawnLaws(about: device)
    let outcome = try await Verification(seed: 5, cases: 2, jobs: 2, from: laws).run()
    #expect(outcome.holds, "\(outcome.text)")
  }
}
