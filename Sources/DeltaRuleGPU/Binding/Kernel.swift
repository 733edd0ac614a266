import Synchronization

/// A kernel that is compiled for a device and loaded there.
package final class Kernel: Sendable {
  package let source: KernelSource
  let backend: any Backend
  let loaded: LoadedKernel
  /// OpenCL keeps the arguments of a launch in the kernel: held from the first of them to the launch.
  let arguments = Mutex(())

  /// - Throws: `GPUError` where it does not compile, or wants more threads or memory than it may have.
  init(_ source: KernelSource, on backend: any Backend) throws {
    let facts = backend.facts
    guard source.sharedBytes <= facts.sharedMemoryLimit else {
      throw GPUError(
        .tooMuchSharedMemory(
          kernel: source.name, bytes: source.sharedBytes, limit: facts.sharedMemoryLimit))
    }
    try source.checkThreads(limit: facts.threadLimit)
    loaded = try backend.load(source)
    self.source = source
    self.backend = backend
    try source.checkThreads(limit: loaded.threadLimit)
  }

  deinit { backend.unload(loaded) }
}

extension KernelSource {
  fileprivate func checkThreads(limit: Int) throws {
    guard threads <= limit else {
      throw GPUError(.tooManyThreads(kernel: name, threads: threads, limit: limit))
    }
  }
}
