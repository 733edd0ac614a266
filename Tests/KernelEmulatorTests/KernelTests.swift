import DeltaRuleGPU
import KernelEmulator
import Testing

/// Every kernel in every form against the recurrence in double precision.
struct KernelTests {
  private static let short: [DeviceForm] = [.recurrence, .walk(.sixteen), .parallel(.sixteen)]
  private static let middling: [DeviceForm] = [.walk(.thirtyTwo), .parallel(.thirtyTwo)]
  private static let long: [DeviceForm] = [.walk(.sixtyFour), .parallel(.sixtyFour)]

  private static let runs: [(KernelCase, [DeviceForm])] = [
    (.oneHead, short + long), (.grouped, short + middling + long), (.normalized, short + long),
    (.byColumn, short), (.byColumnNormalized, middling + long), (.wide, long),
    (.stateless, short), (.empty, short), (.single, short), (.float16, short), (.bfloat16, short),
  ]

  @Test(arguments: runs.flatMap { kernelCase, forms in forms.map { (kernelCase, $0) } })
  func kernelsAreRightInWhateverOrderThreadsRun(kernelCase: KernelCase, form: DeviceForm) throws {
    for (exact, error) in [(true, 1e-6), (false, 5e-3)] {
      var first: [[UInt32]]?
      for seed in seeds {
        let device = try Emulator.device(seed: seed, exact: exact) { $0 }
        let results = try kernelCase.results(form, on: device)
        #expect(kernelCase.mistakes(in: results, products: error) == [])
        let bits = results.map { result in result.numbers.map(\.bitPattern) }
        #expect(first ?? bits == bits, "seed \(seed)")
        first = bits
      }
    }
  }
}
