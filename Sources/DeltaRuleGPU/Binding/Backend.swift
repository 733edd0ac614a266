/// What a device is like.
struct DeviceFacts: Hashable, Sendable {
  var name: String
  var architecture: String
  /// Bytes of shared memory that a block may have.
  var sharedMemoryLimit: Int
  var multiprocessors: Int
  /// Bytes of memory, where the driver tells.
  var memory: Int?
  /// Threads that a block may have.
  var threadLimit: Int
}

/// Something that a driver made and that it alone looks into; drivers let any thread use it.
struct Handle: @unchecked Sendable {
  let pointer: OpaquePointer
}

/// A buffer as kernels take it: an address, or a handle's bits.
struct DeviceMemory: Sendable {
  let word: UInt64
}

/// A compiled kernel as a driver has it.
struct LoadedKernel: Sendable {
  let module: Handle
  let function: Handle
  /// Threads that a block of this kernel may have.
  let threadLimit: Int
}

/// A driver's calls on one device, each checked. Any thread may make them.
///
/// Whoever makes something releases it, once; releasing does not fail. Sizes are not 0, and fit.
protocol Backend: AnyObject, Sendable {
  var name: DeviceName { get }
  var facts: DeviceFacts { get }
  var language: KernelLanguage { get }
  var primitives: String? { get }
  /// Groups that a launch may have in y and z.
  var groupLimit: Int { get }

  func load(_ source: KernelSource) throws -> LoadedKernel
  func unload(_ kernel: LoadedKernel)
  func launch(
    _ kernel: Kernel, groups: (Int, Int, Int), _ arguments: [KernelArgument], on stream: Handle
  ) throws

  func allocate(byteCount: Int) throws -> DeviceMemory
  /// Frees memory once everything launched before is done with it.
  func free(_ memory: DeviceMemory)
  /// Returns when the bytes may change.
  func upload(_ bytes: UnsafeRawBufferPointer, to memory: DeviceMemory, on stream: Handle) throws
  /// Returns when the bytes are there.
  func download(
    _ memory: DeviceMemory, into bytes: UnsafeMutableRawBufferPointer, on stream: Handle) throws
  func copy(
    _ source: DeviceMemory, to memory: DeviceMemory, byteCount: Int, on stream: Handle) throws
  func fillWithZero(_ memory: DeviceMemory, byteCount: Int, on stream: Handle) throws

  func makeStream() throws -> Handle
  func releaseStream(_ stream: Handle)
  func synchronize(_ stream: Handle) throws

  func recordEvent(on stream: Handle) throws -> Handle
  func releaseEvent(_ event: Handle)
  /// Waits for the later one.
  func milliseconds(from earlier: Handle, to later: Handle) throws -> Double
}
