import DeltaRuleGPU
import KernelEmulator
import Synchronization

/// The emulator's compiler, which is handed an edited text. What it makes of texts that are left as they are is kept.
struct EditingCompiler: KernelCompiler {
  let edit: @Sendable (String) -> String

  private static let clang = Result { try ClangCompiler(reportingAccesses: true) }
  private static let images = Mutex<[String: [UInt8]]>([:])

  let identity = "edited"
  let isCachedOnDisk = false
  var primitives: String? { Emulator.deviceHeader }

  func compile(_ source: KernelSource, architecture: String) throws -> [UInt8] {
    let text = edit(source.text)
    let isEdited = text != source.text
    if !isEdited, let image = Self.images.withLock({ $0[text] }) { return image }
    let image = try Self.clang.get().compile(
      KernelSource(
        name: source.name, text: text, threads: source.threads, sharedBytes: source.sharedBytes),
      architecture: architecture)
    if !isEdited { Self.images.withLock { $0[text] = image } }
    return image
  }
}

extension Emulator {
  /// A device whose kernels' texts are edited before they are compiled.
  static func device(
    seed: UInt64, exact: Bool, editing edit: @escaping @Sendable (String) -> String
  ) throws -> Device {
    try device(
      seed: seed, exact: exact, checkingAccesses: true, images: ImageCache(folder: nil),
      compiler: EditingCompiler(edit: edit))
  }
}
