import CKernelEmulator
package import DeltaRuleGPU

/// Compiles kernels' text for this processor, with the clang of PATH.
package struct ClangCompiler: KernelCompiler {
  let reportsAccesses: Bool
  package let identity: String

  package var isCachedOnDisk: Bool { true }

  /// What stands in front of a kernel's text here, in place of CUDA's device header.
  package var primitives: String? { Emulator.deviceHeader }

  package init(reportingAccesses: Bool) throws {
    reportsAccesses = reportingAccesses
    let bytes = try Self.result(emulator_compiler_identity(reportingAccesses)) { reason in
      .callFailed(call: "clang++ --version", status: 1, text: reason)
    }
    identity = String(decoding: bytes, as: UTF8.self)
  }

  package func compile(_ source: KernelSource, architecture: String) throws -> [UInt8] {
    let text = Array(source.text.utf8CString)
    return try Self.result(
      emulator_compile(text, text.count - 1, source.name, reportsAccesses)
    ) { log in
      .compilationFailed(kernel: source.name, architecture: "the emulator", log: log)
    }
  }

  /// The bytes, of which the memory is freed.
  private static func result(
    _ output: emulator_output, orProblem problem: (String) -> GPUError.Problem
  ) throws -> [UInt8] {
    defer { emulator_free(output) }
    if let bytes = output.bytes {
      return Array(UnsafeBufferPointer(start: bytes, count: output.count))
    }
    guard !output.has_no_compiler else {
      throw GPUError(
        .libraryMissing(
          names: ["clang++", "clang"], reason: "neither is on PATH",
          remedy: "the emulator compiles kernels with it: add a Swift toolchain's usr/bin"))
    }
    throw GPUError(problem(String(cString: output.message)))
  }
}
