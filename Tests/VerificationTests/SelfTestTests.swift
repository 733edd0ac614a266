import DeltaRuleGPU
import KernelEmulator
import Testing

@testable import Verification

@Suite("Self-test of a device")
struct SelfTestTests {
  private let device: Device
  private let outcome: Verification.Outcome

  init() async throws {
    device = try Emulator.device(seed: 1)
    outcome = try await Verification(
      seed: 3, jobs: 2, only: "load_matrix_4@emulated", from: [.devicePrimitives(of: device)]
    ).run()
  }

  @Test func tellsOfTheDevice() throws {
    let test = SelfTest(device: device, outcome: outcome, times: nil)
    #expect(test.holds)
    #expect(
      test.text.hasPrefix(
        """
        emulated: emulated (\(device.architecture)), 4 multiprocessors

        left out: device primitives (DP), since those on record are its own

        """))
    #expect(test.text.hasSuffix("1 law in 1 check: everything holds\n"))
    let json = try test.json()
    for key in ["architecture", "leftOut", "summary", "holds", "maxima"] {
      #expect(json.contains("\"\(key)\" : "))
    }
  }

  @Test func timesThatFailAreToldWithTheRest() throws {
    let error = GPUError(.noMatrixUnits(.emulated))
    let test = SelfTest(device: device, outcome: outcome, times: .failure(error))
    #expect(!test.holds)
    #expect(test.text.contains("times FAIL: \(error)\n"))
    #expect(test.text.hasSuffix("everything holds\n"))
    #expect(try test.json().contains("\"timesFailure\" : \"\(error)\""))
  }
}
