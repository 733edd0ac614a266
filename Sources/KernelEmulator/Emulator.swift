import CKernelEmulator
public import DeltaRuleGPU

/// A device that is none: it runs CUDA kernels' text on this processor, a thread at a time, and looks over their shoulder.
///
/// A launch fails, with the thread, the line and what it says there, where
///
/// - threads wait at different barriers, some end while others wait, or lanes of a warp do not do the same operation;
/// - warps come to a barrier with a name for different numbers of threads, one of them twice before it completes, or not
///   as many as it is for;
/// - two threads touch the same bytes, one of them writing, and no barrier orders them: in shared memory any two threads,
///   in global memory threads of different blocks too;
/// - a load or store is outside of shared memory or of every buffer, or not aligned to its size;
/// - bytes of an asynchronous copy are touched before it was waited for, or it never is.
///
/// A barrier orders what those did that came to it before what those do that waited at it: not what those do that only
/// arrived, nor do other operations of a warp order anything among its lanes. All races that this leaves are found in whatever
/// order threads run, but only those of accesses that are made: another order may take other branches. Rows of a matrix count
/// as accesses of the lanes that give their addresses. Bytes next to each other, from an even address on, count as one place.
///
/// Fresh memory is poisoned with NaN. Products add up in single precision by rising index, which is not the tensor core's
/// own order. One launch runs at a time in a process, and a kernel that does not end is not stopped.
public enum Emulator {
  /// A device of its own settings; the same settings share one context.
  ///
  /// - Parameters:
  ///   - seed: the order in which threads and blocks run, as far as barriers leave it open. 0: everyone in turn.
  ///   - exact: whether products of tf32 keep all bits of their operands, to hold indexing to single precision's error.
  ///   - checkingAccesses: whether loads and stores are checked, which takes about four times as long.
  /// - Throws: `GPUError` where there is no clang to compile kernels with.
  public static func device(
    seed: UInt64 = 0, exact: Bool = false, checkingAccesses: Bool = true
  ) throws -> Device {
    try device(
      seed: seed, exact: exact, checkingAccesses: checkingAccesses, images: .fromEnvironment)
  }

  /// - Parameter compiler: what makes images for the emulator; clang where nil.
  package static func device(
    seed: UInt64, exact: Bool, checkingAccesses: Bool, images: ImageCache,
    compiler: (any KernelCompiler)? = nil
  ) throws -> Device {
    let ordinal = emulator_device(
      emulator_settings(seed: seed, is_exact: exact, checks_accesses: checkingAccesses))
    return try Device(
      cuda: emulator_driver().pointee,
      compiler: compiler ?? ClangCompiler(reportingAccesses: checkingAccesses),
      ordinal: Int(ordinal), name: .emulated, images: images)
  }

  /// What stands in front of a kernel's text here, in place of CUDA's device header.
  package static let deviceHeader = String(
    decoding: PackageResources.device_emulated_h, as: UTF8.self)
}
