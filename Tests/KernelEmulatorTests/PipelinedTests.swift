import DeltaRuleGPU
import KernelEmulator
import Testing

/// Kernels whose warps have roles and meet in pairs: a forward pass of the delta rule in bf16.
struct PipelinedTests {
  @Test(arguments: KernelCase.pipelined, seeds)
  func theyAreRightInWhateverOrderThreadsRun(kernelCase: KernelCase, seed: UInt64) throws {
    let device = try Emulator.device(seed: seed, exact: false) { $0 }
    let results = try kernelCase.results(.pipelined, on: device)
    #expect(kernelCase.mistakes(in: results, products: 1e-2) == [])
  }

  @Test(arguments: ["STATE_READY", "X_READY"])
  func whatPairsOfWarpsMeetForIsARace(name: String) throws {
    let finding = try finding { text in
      text.replacing("ARRIVE(\(name)(warp), 64);", by: "")
        .replacing("AWAIT(\(name)(own), 64);", by: "")
    }
    #expect(try #require(finding).contains("race on shared word"))
  }

  /// What nobody waits for is not needed: all roles leave out the round after the last output.
  @Test func theLastRoundIsNotNeeded() throws {
    let finding = try finding { text in
      text.replacing(
        "STAGES - 3);\n            meet();",
        by: "STAGES - 3);\n            if (chunk < chunks) meet();"
      )
      .replacing("        }\n        meet();\n    }", by: "        }\n    }")
      .replacing("        }\n        meet();\n\n", by: "        }\n\n")
    }
    #expect(finding == nil)
  }

  /// What goes wrong with another walk.
  private func finding(editing edit: @escaping @Sendable (String) -> String) throws -> String? {
    try KernelFamily.pipelined.finding { $0.contains("KERNEL void pipelined_walk") ? edit($0) : $0 }
  }
}

extension String {
  /// With every occurrence of some words, of which there is one at least, replaced.
  fileprivate func replacing(_ old: String, by new: String) -> String {
    precondition(contains(old))
    return split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
