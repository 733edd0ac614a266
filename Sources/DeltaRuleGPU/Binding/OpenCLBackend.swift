internal import CGPUDrivers
import Synchronization

/// One OpenCL device; a stream is a queue.
final class OpenCLBackend: Backend {
  let name: DeviceName
  let facts: DeviceFacts
  private let driver: OpenCLDriver
  private let device: Handle
  private let context: Handle

  init(_ library: OpenCLLibrary, ordinal: Int, name: DeviceName) throws {
    let device = try library.device(ordinal, named: name)
    let driver = library.driver
    facts = try library.facts(of: device)
    context = try make("clCreateContext") {
      var devices: [OpaquePointer?] = [device.pointer]
      return driver.createContext(nil, 1, &devices, nil, nil, &$0)
    }
    self.name = name
    self.driver = driver
    self.device = device
  }

  deinit { _ = driver.releaseContext(context.pointer) }

  var language: KernelLanguage { .openCL }
  var primitives: String? { nil }

  var groupLimit: Int { Int(Int32.max) }

  // MARK: Kernels

  func load(_ source: KernelSource) throws -> LoadedKernel {
    let program = try source.text.withCString { text in
      try make("clCreateProgramWithSource") {
        var texts: [UnsafePointer<CChar>?] = [text]
        return driver.createProgram(context.pointer, 1, &texts, nil, &$0)
      }
    }
    do {
      return try loaded(source, from: program)
    } catch {
      _ = driver.releaseProgram(program.pointer)
      throw error
    }
  }

  private func loaded(_ source: KernelSource, from program: Handle) throws -> LoadedKernel {
    try build(source, program)
    let function = try make("clCreateKernel") {
      driver.createKernel(program.pointer, source.name, &$0)
    }
    do {
      let workGroupSize: UInt32 = 0x11B0
      var threadLimit = 0
      try OpenCLStatus(
        driver.kernelInfo(
          function.pointer, device.pointer, workGroupSize, MemoryLayout<Int>.size, &threadLimit,
          nil)
      ).check("clGetKernelWorkGroupInfo")
      return LoadedKernel(module: program, function: function, threadLimit: threadLimit)
    } catch {
      _ = driver.releaseKernel(function.pointer)
      throw error
    }
  }

  private func build(_ source: KernelSource, _ program: Handle) throws {
    let buildFailure: Int32 = -11
    var devices: [OpaquePointer?] = [device.pointer]
    // Nothing that would let the compiler round otherwise.
    let status = driver.buildProgram(program.pointer, 1, &devices, "-cl-std=CL1.2", nil, nil)
    guard status == buildFailure else { return try OpenCLStatus(status).check("clBuildProgram") }
    let buildLog: UInt32 = 0x1183
    let log = try openCLText("clGetProgramBuildInfo") {
      driver.buildInfo(program.pointer, device.pointer, buildLog, $0, $1, $2)
    }
    throw GPUError(
      .compilationFailed(kernel: source.name, architecture: facts.architecture, log: log))
  }

  func unload(_ kernel: LoadedKernel) {
    _ = driver.releaseKernel(kernel.function.pointer)
    _ = driver.releaseProgram(kernel.module.pointer)
  }

  func launch(
    _ kernel: Kernel, groups: (Int, Int, Int), _ arguments: [KernelArgument], on stream: Handle
  ) throws {
    let function = kernel.loaded.function.pointer
    let threads = kernel.source.threads
    let global = [groups.0 * threads, groups.1, groups.2]
    try kernel.arguments.withLock { _ in
      for (index, argument) in arguments.enumerated() {
        var word = argument.word
        try OpenCLStatus(
          driver.setArgument(function, UInt32(index), argument.byteCount, &word)
        ).check("clSetKernelArg")
      }
      try OpenCLStatus(
        driver.launch(stream.pointer, function, 3, nil, global, [threads, 1, 1], 0, nil, nil)
      ).check("clEnqueueNDRangeKernel")
    }
  }

  // MARK: Memory

  func allocate(byteCount: Int) throws -> DeviceMemory {
    let readAndWrite: UInt64 = 1
    do {
      let buffer = try make("clCreateBuffer") {
        driver.createBuffer(context.pointer, readAndWrite, byteCount, nil, &$0)
      }
      return DeviceMemory(word: UInt64(UInt(bitPattern: buffer.pointer)))
    } catch {
      throw GPUError(.outOfMemory(bytes: byteCount, reason: "\(error)"))
    }
  }

  func free(_ memory: DeviceMemory) { _ = driver.releaseBuffer(memory.buffer) }

  func upload(_ bytes: UnsafeRawBufferPointer, to memory: DeviceMemory, on stream: Handle) throws {
    try OpenCLStatus(
      driver.writeBuffer(
        stream.pointer, memory.buffer, 1, 0, bytes.count, bytes.baseAddress!, 0, nil, nil)
    ).check("clEnqueueWriteBuffer")
  }

  func download(
    _ memory: DeviceMemory, into bytes: UnsafeMutableRawBufferPointer, on stream: Handle
  ) throws {
    try OpenCLStatus(
      driver.readBuffer(
        stream.pointer, memory.buffer, 1, 0, bytes.count, bytes.baseAddress!, 0, nil, nil)
    ).check("clEnqueueReadBuffer")
  }

  func copy(
    _ source: DeviceMemory, to memory: DeviceMemory, byteCount: Int, on stream: Handle
  ) throws {
    try OpenCLStatus(
      driver.copyBuffer(
        stream.pointer, source.buffer, memory.buffer, 0, 0, byteCount, 0, nil, nil)
    ).check("clEnqueueCopyBuffer")
  }

  func fillWithZero(_ memory: DeviceMemory, byteCount: Int, on stream: Handle) throws {
    var zero: UInt8 = 0
    try OpenCLStatus(
      driver.fillBuffer(stream.pointer, memory.buffer, &zero, 1, 0, byteCount, 0, nil, nil)
    ).check("clEnqueueFillBuffer")
  }

  // MARK: Streams and events

  func makeStream() throws -> Handle {
    let profiling: UInt64 = 1 << 1
    return try make("clCreateCommandQueue") {
      driver.createQueue(context.pointer, device.pointer, profiling, &$0)
    }
  }

  func releaseStream(_ stream: Handle) { _ = driver.releaseQueue(stream.pointer) }

  func synchronize(_ stream: Handle) throws {
    try OpenCLStatus(driver.finish(stream.pointer)).check("clFinish")
  }

  func recordEvent(on stream: Handle) throws -> Handle {
    var event: OpaquePointer?
    try OpenCLStatus(driver.marker(stream.pointer, 0, nil, &event))
      .check("clEnqueueMarkerWithWaitList")
    return Handle(pointer: event!)
  }

  func releaseEvent(_ event: Handle) { _ = driver.releaseEvent(event.pointer) }

  func milliseconds(from earlier: Handle, to later: Handle) throws -> Double {
    let nanoseconds = try (end(of: earlier), end(of: later))
    return (Double(nanoseconds.1) - Double(nanoseconds.0)) / 1e6
  }

  /// In the device's nanoseconds.
  private func end(of event: Handle) throws -> UInt64 {
    let commandEnd: UInt32 = 0x1283
    var events: [OpaquePointer?] = [event.pointer]
    try OpenCLStatus(driver.waitForEvents(1, &events)).check("clWaitForEvents")
    var nanoseconds: UInt64 = 0
    try OpenCLStatus(driver.eventProfile(event.pointer, commandEnd, 8, &nanoseconds, nil))
      .check("clGetEventProfilingInfo")
    return nanoseconds
  }
}

/// What a call gives that returns an object and puts its status elsewhere.
private func make(
  _ call: String, _ body: (inout Int32) throws -> OpaquePointer?
) throws -> Handle {
  var status: Int32 = 0
  let object = try body(&status)
  try OpenCLStatus(status).check(call)
  return Handle(pointer: object!)
}

extension DeviceMemory {
  fileprivate var buffer: OpaquePointer { OpaquePointer(bitPattern: UInt(word))! }
}
