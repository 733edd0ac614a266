/// What a kernel's text is written in.
package enum KernelLanguage: Hashable, Sendable {
  case cuda
  case openCL
}

/// A kernel that is not compiled yet.
package struct KernelSource: Hashable, Sendable {
  /// Its entry point.
  package let name: String
  /// The complete text.
  package let text: String
  /// Threads to a block.
  package let threads: Int
  /// Shared memory of a block. In OpenCL the text declares it, and this is only held against the device's limit.
  package let sharedBytes: Int

  package init(name: String, text: String, threads: Int, sharedBytes: Int) {
    precondition(threads > 0 && sharedBytes >= 0, "a block has threads, and no negative memory")
    self.name = name
    self.text = text
    self.threads = threads
    self.sharedBytes = sharedBytes
  }
}

package enum KernelArgument: Sendable {
  /// A null pointer where nil.
  case buffer(DeviceBuffer?)
  case int32(Int32)
  case int64(Int64)
  case float(Float)
}

extension KernelArgument {
  /// Its bits, the lowest first.
  var word: UInt64 {
    switch self {
    case .buffer(let buffer): buffer?.memory.word ?? 0
    case .int32(let value): UInt64(UInt32(bitPattern: value))
    case .int64(let value): UInt64(bitPattern: value)
    case .float(let value): UInt64(value.bitPattern)
    }
  }

  var byteCount: Int {
    switch self {
    case .buffer, .int64: 8
    case .int32, .float: 4
    }
  }
}

/// Makes what the CUDA driver loads from a kernel's text.
package protocol KernelCompiler: Sendable {
  /// Which compiler, and what it is told whatever the kernel.
  var identity: String { get }
  /// What the primitives of the kernels' texts mean to it; nil for those of CUDA.
  var primitives: String? { get }
  /// Whether its images are worth a file.
  var isCachedOnDisk: Bool { get }

  /// - Parameter architecture: like `sm_90a`.
  /// - Throws: `GPUError` with the compiler's log.
  func compile(_ source: KernelSource, architecture: String) throws -> [UInt8]
}
