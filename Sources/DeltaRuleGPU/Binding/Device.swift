package import CGPUDrivers
import Synchronization

/// A device that runs kernels. Any thread may use it.
public final class Device: Sendable {
  private let backend: any Backend
  private let kernels = Mutex<[KernelSource: Kernel]>([:])

  /// The stream to use where one is enough.
  public let defaultStream: Stream

  /// The device of that name, opened once in a process: the same name gives the same object.
  ///
  /// - Throws: `GPUError` that says what is missing. Another device is never taken instead.
  public static func open(_ name: DeviceName) throws -> Device { try Runtimes.shared.open(name) }

  /// Every device of every runtime, and for each runtime that is not there what is missing.
  public static func listing() -> [DeviceListing] { Runtimes.shared.listing() }

  init(_ backend: any Backend) throws {
    self.backend = backend
    defaultStream = try Stream(on: backend)
  }

  /// A device of a CUDA driver, or of what stands in for one.
  ///
  /// - Parameters:
  ///   - ordinal: which of the driver's devices.
  ///   - name: what errors call it.
  ///   - images: where compiled kernels are kept, if the compiler wants them kept.
  package convenience init(
    cuda: CUDADriver, compiler: any KernelCompiler, ordinal: Int, name: DeviceName,
    images: ImageCache = .fromEnvironment
  ) throws {
    let library = try CUDALibrary(cuda)
    try self.init(
      CUDABackend(library, ordinal: ordinal, name: name, compiler: compiler, images: images))
  }

  /// Like "NVIDIA H100 80GB HBM3".
  public var name: String { backend.facts.name }

  public var deviceName: DeviceName { backend.name }

  /// What kernels are compiled for, like "sm_90a"; of an OpenCL device its version.
  public var architecture: String { backend.facts.architecture }

  /// Bytes of shared memory that a block may have.
  public var sharedMemoryLimit: Int { backend.facts.sharedMemoryLimit }

  public var multiprocessors: Int { backend.facts.multiprocessors }

  /// Bytes of its memory; of an OpenCL device that is a processor, of the host's. Nil where the driver does not tell.
  public var memory: Int? { backend.facts.memory }

  package var language: KernelLanguage { backend.language }

  /// Whether it has matrix units that kernels use here.
  public var hasMatrixUnits: Bool { language == .cuda }

  /// Whether its warps work in groups of four, which exchange registers: from compute capability 9.0 on.
  public var hasWarpgroups: Bool { language == .cuda && architecture.hasSuffix("a") }

  /// What the kernels' words mean on it, and how it holds tiles.
  var words: String { language.words(backend.primitives) }

  /// What the kernels' words mean on it, but for tiles.
  var primitives: String { language.primitives(backend.primitives) }

  /// The kernel, compiled and loaded the first time that it is asked for: seconds, or milliseconds where the image is in a file.
  ///
  /// - Throws: `GPUError` with the compiler's log, or that says which limit it is over.
  package func kernel(_ source: KernelSource) throws -> Kernel {
    if let kernel = kernels.withLock({ $0[source] }) { return kernel }
    // Outside of the lock: several threads compile at a time, and now and then two of them the same.
    let compiled = try Kernel(source, on: backend)
    return kernels.withLock { kernels in
      let kernel = kernels[source] ?? compiled
      kernels[source] = kernel
      return kernel
    }
  }

  /// Launches a kernel and does not wait for it. No groups are no work.
  ///
  /// - Precondition: the arguments are those that the kernel takes.
  /// - Throws: `GPUError` where there are too many groups, something is another device's, or the driver fails.
  package func launch(
    _ kernel: Kernel, groups: (Int, Int, Int), _ arguments: [KernelArgument], on stream: Stream
  ) throws {
    guard kernel.backend === backend else {
      throw GPUError(.wrongDevice(what: "kernel", of: kernel.backend.name, to: deviceName))
    }
    try stream.checkOwner(is: backend)
    for case .buffer(let buffer?) in arguments { try buffer.checkOwner(is: backend) }
    let axes: [(Character, Int, limit: Int)] = [
      ("x", groups.0, Int(Int32.max)), ("y", groups.1, backend.groupLimit),
      ("z", groups.2, backend.groupLimit),
    ]
    for (axis, count, limit) in axes {
      precondition(count >= 0, "\(count) groups")
      guard count <= limit else {
        throw GPUError(
          .tooManyGroups(kernel: kernel.source.name, axis: axis, groups: count, limit: limit))
      }
    }
    guard axes.allSatisfy({ $0.1 > 0 }) else { return }
    try backend.launch(kernel, groups: groups, arguments, on: stream.handle)
    // The driver reads the buffers' addresses only: they must not be freed before.
    withExtendedLifetime(arguments) {}
  }

  /// Memory that holds anything; 0 bytes are fine.
  ///
  /// - Throws: `GPUError` that says how many bytes were asked for.
  public func buffer(byteCount: Int) throws -> DeviceBuffer {
    try DeviceBuffer(byteCount: byteCount, on: backend)
  }

  /// A stream of its own.
  public func stream() throws -> Stream { try Stream(on: backend) }
}
