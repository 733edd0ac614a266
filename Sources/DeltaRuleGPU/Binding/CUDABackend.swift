internal import CGPUDrivers

/// One device of the CUDA driver. Every call makes the device's primary context the current one of its thread first.
final class CUDABackend: Backend {
  let name: DeviceName
  let facts: DeviceFacts
  private let library: CUDALibrary
  private let device: Int32
  private let context: Handle
  private let compiler: any KernelCompiler
  private let images: ImageCache

  init(
    _ library: CUDALibrary, ordinal: Int, name: DeviceName, compiler: any KernelCompiler,
    images: ImageCache
  ) throws {
    device = try library.device(ordinal, named: name)
    facts = try library.facts(of: device)
    var context: OpaquePointer?
    try library.check(
      library.driver.primaryContextRetain(&context, device), "cuDevicePrimaryCtxRetain")
    self.context = Handle(pointer: context!)
    self.library = library
    self.name = name
    self.compiler = compiler
    self.images = images
  }

  deinit { _ = library.driver.primaryContextRelease(device) }

  var language: KernelLanguage { .cuda }
  var primitives: String? { compiler.primitives }

  var groupLimit: Int { 65535 }

  /// The driver, with the device's context current.
  private func entered() throws -> CUDADriver {
    try library.check(library.driver.contextSetCurrent(context.pointer), "cuCtxSetCurrent")
    return library.driver
  }

  /// As ``entered()``, for releases: these are tried whatever happens.
  private func enteredForRelease() -> CUDADriver {
    _ = library.driver.contextSetCurrent(context.pointer)
    return library.driver
  }

  // MARK: Kernels

  func load(_ source: KernelSource) throws -> LoadedKernel {
    let image = try image(of: source)
    let driver = try entered()
    var module: OpaquePointer?
    try image.withUnsafeBytes {
      try library.check(driver.moduleLoad(&module, $0.baseAddress!), "cuModuleLoadData")
    }
    do {
      return try loaded(source, from: module!, driver)
    } catch {
      _ = driver.moduleUnload(module!)
      throw error
    }
  }

  private func loaded(
    _ source: KernelSource, from module: OpaquePointer, _ driver: CUDADriver
  ) throws -> LoadedKernel {
    var function: OpaquePointer?
    try library.check(
      driver.moduleFunction(&function, module, source.name), "cuModuleGetFunction")
    if source.sharedBytes > FunctionAttribute.sharedBytesUnasked {
      try library.check(
        driver.functionSetAttribute(
          function!, FunctionAttribute.dynamicSharedBytes.rawValue, Int32(source.sharedBytes)),
        "cuFuncSetAttribute")
    }
    var threadLimit: Int32 = 0
    try library.check(
      driver.functionAttribute(
        &threadLimit, FunctionAttribute.threadsPerBlock.rawValue, function!),
      "cuFuncGetAttribute")
    return LoadedKernel(
      module: Handle(pointer: module), function: Handle(pointer: function!),
      threadLimit: Int(threadLimit))
  }

  private func image(of source: KernelSource) throws -> [UInt8] {
    func compile() throws -> [UInt8] {
      try compiler.compile(source, architecture: facts.architecture)
    }
    guard compiler.isCachedOnDisk else { return try compile() }
    let key = ImageKey(
      compiler: compiler.identity, architecture: facts.architecture, entry: source.name,
      text: source.text)
    return try images.image(for: key, orMake: compile)
  }

  func unload(_ kernel: LoadedKernel) {
    _ = enteredForRelease().moduleUnload(kernel.module.pointer)
  }

  func launch(
    _ kernel: Kernel, groups: (Int, Int, Int), _ arguments: [KernelArgument], on stream: Handle
  ) throws {
    // Eight bytes for each; the driver reads as many of them as the parameter has.
    var words = arguments.map(\.word)
    try words.withUnsafeMutableBufferPointer { words in
      var places = words.indices.map { UnsafeMutableRawPointer?(words.baseAddress! + $0) }
      try library.check(
        entered().launch(
          kernel.loaded.function.pointer, UInt32(groups.0), UInt32(groups.1), UInt32(groups.2),
          UInt32(kernel.source.threads), 1, 1, UInt32(kernel.source.sharedBytes), stream.pointer,
          &places, nil),
        "cuLaunchKernel")
    }
  }

  // MARK: Memory

  func allocate(byteCount: Int) throws -> DeviceMemory {
    var address: CUaddress = 0
    let driver = try entered()
    let status = driver.memoryAllocate(&address, byteCount)
    guard status == 0 else {
      throw GPUError(
        .outOfMemory(
          bytes: byteCount,
          reason: "cuMemAlloc_v2 failed with \(status) (\(library.text(of: status)))"))
    }
    return DeviceMemory(word: address)
  }

  func free(_ memory: DeviceMemory) {
    let driver = enteredForRelease()
    _ = driver.contextSynchronize()
    _ = driver.memoryFree(memory.word)
  }

  func upload(_ bytes: UnsafeRawBufferPointer, to memory: DeviceMemory, on stream: Handle) throws {
    try library.check(
      entered().copyToDevice(memory.word, bytes.baseAddress!, bytes.count, stream.pointer),
      "cuMemcpyHtoDAsync_v2")
    try synchronize(stream)
  }

  func download(
    _ memory: DeviceMemory, into bytes: UnsafeMutableRawBufferPointer, on stream: Handle
  ) throws {
    try library.check(
      entered().copyToHost(bytes.baseAddress!, memory.word, bytes.count, stream.pointer),
      "cuMemcpyDtoHAsync_v2")
    try synchronize(stream)
  }

  func copy(
    _ source: DeviceMemory, to memory: DeviceMemory, byteCount: Int, on stream: Handle
  ) throws {
    try library.check(
      entered().copyOnDevice(memory.word, source.word, byteCount, stream.pointer),
      "cuMemcpyDtoDAsync_v2")
  }

  func fillWithZero(_ memory: DeviceMemory, byteCount: Int, on stream: Handle) throws {
    try library.check(
      entered().fill(memory.word, 0, byteCount, stream.pointer), "cuMemsetD8Async")
  }

  // MARK: Streams and events

  func makeStream() throws -> Handle {
    let nonBlocking: UInt32 = 1
    var stream: OpaquePointer?
    try library.check(entered().streamCreate(&stream, nonBlocking), "cuStreamCreate")
    return Handle(pointer: stream!)
  }

  func releaseStream(_ stream: Handle) {
    _ = enteredForRelease().streamDestroy(stream.pointer)
  }

  func synchronize(_ stream: Handle) throws {
    try library.check(entered().streamSynchronize(stream.pointer), "cuStreamSynchronize")
  }

  func recordEvent(on stream: Handle) throws -> Handle {
    let driver = try entered()
    var event: OpaquePointer?
    try library.check(driver.eventCreate(&event, 0), "cuEventCreate")
    do {
      try library.check(driver.eventRecord(event!, stream.pointer), "cuEventRecord")
    } catch {
      _ = driver.eventDestroy(event!)
      throw error
    }
    return Handle(pointer: event!)
  }

  func releaseEvent(_ event: Handle) {
    _ = enteredForRelease().eventDestroy(event.pointer)
  }

  func milliseconds(from earlier: Handle, to later: Handle) throws -> Double {
    let driver = try entered()
    for event in [earlier, later] {
      try library.check(driver.eventSynchronize(event.pointer), "cuEventSynchronize")
    }
    var milliseconds: Float = 0
    try library.check(
      driver.eventElapsed(&milliseconds, earlier.pointer, later.pointer), "cuEventElapsedTime")
    return Double(milliseconds)
  }
}

/// By the driver's own numbers.
private enum FunctionAttribute: Int32 {
  case threadsPerBlock = 0
  case dynamicSharedBytes = 8

  /// What a block has without asking.
  static let sharedBytesUnasked = 48 << 10
}
