import CFakeCUDA
import CGPUDrivers
import Synchronization
import Testing

@testable import DeltaRuleGPU

/// The CUDA calls, all of them, on a driver that is not one.
@Suite(.serialized)
struct CUDATests {
  private let scale = KernelSource(
    name: "scale", text: "the text", threads: 64, sharedBytes: 64 << 10)

  init() { fake_cuda_reset(-1) }

  private func device(
    _ compiler: FakeCompiler = FakeCompiler(), ordinal: Int = 0, named name: DeviceName = .cuda(0),
    images: ImageCache = ImageCache(folder: nil)
  ) throws -> Device {
    try Device(
      cuda: fake_cuda(), compiler: compiler, ordinal: ordinal, name: name, images: images)
  }

  /// Something of everything.
  private func run() throws -> [Float] {
    let device = try device()
    let stream = try device.stream()
    let kernel = try device.kernel(scale)
    let (x, bias) = try (device.buffer([1, 2, 3]), device.buffer(byteCount: 12))
    try bias.fillWithZero(on: stream)
    let before = try stream.record()
    try device.launch(
      kernel, groups: (2, 3, 4),
      [.buffer(x), .int64(3), .float(0.5), .int32(-7), .buffer(bias)], on: stream)
    let after = try stream.record()
    try bias.copy(from: x, on: stream)
    try device.launch(
      kernel, groups: (1, 1, 1), [.buffer(x), .int64(2), .float(1), .int32(1), .buffer(bias)],
      on: stream)
    try device.launch(
      kernel, groups: (1, 1, 1), [.buffer(x), .int64(1), .float(2), .int32(0), .buffer(nil)],
      on: stream)
    #expect(try after.milliseconds(since: before) == 1.5)
    try stream.synchronize()
    return try x.floats(on: stream)
  }

  @Test func theDeviceTellsWhatItIs() throws {
    let device = try device()
    #expect(device.name == "Fake GPU")
    #expect(device.deviceName == .cuda(0))
    #expect(device.architecture == "sm_90a")
    #expect(device.sharedMemoryLimit == 232_448)
    #expect(device.multiprocessors == 3)
    #expect(device.memory == 5 << 30)
    #expect(device.language == .cuda)
  }

  @Test func architecturesAreSpelledAsTheCompilerWantsThem() {
    let names = [(8, 0), (8, 9), (9, 0), (10, 0), (12, 1)].map {
      ComputeCapability(major: $0.0, minor: $0.1).architecture
    }
    #expect(names == ["sm_80", "sm_89", "sm_90a", "sm_100a", "sm_121a"])
  }

  @Test func argumentsAndGridArriveAndNothingIsLeft() throws {
    #expect(try run() == [-24, -11, -5.5])
    let record = fake_cuda_recorded()
    #expect(record.launches == 3)
    #expect(record.last.shared_bytes == 64 << 10)
    #expect(record.allowed_bytes == 64 << 10)
    #expect(record.last.threads == (64, 1, 1))
    #expect(record.mistakes == 0)
    #expect(record.live == 0)
  }

  @Test func whicheverCallFailsIsNamedAndNothingIsLeft() throws {
    _ = try run()
    let calls = fake_cuda_recorded().calls
    var names: Set<String> = []
    for call in 0..<calls {
      fake_cuda_reset(call)
      let text = message { _ = try run() }
      let record = fake_cuda_recorded()
      let name = try #require(record.failed.map { String(cString: $0) })
      names.insert(name)
      let failure = "\(name) failed with 999 (CUDA_ERROR_UNKNOWN: unknown error)"
      if name == "cuMemAlloc_v2" {
        #expect(
          text == "the device gives no buffer of 12 bytes: \(failure); "
            + "free some, or take smaller batches")
      } else if name != "cuCtxSetCurrent" || text != "nothing was thrown" {
        // A release does not fail, and needs the context too.
        #expect(text == failure)
      }
      #expect(record.live == 0, "after \(name)")
    }
    #expect(names.count == 24)
  }

  /// As on a thread that has not called before.
  @Test func everyEntryMakesTheContextCurrent() throws {
    let device = try device()
    var (kernel, stream): (Kernel?, DeltaRuleGPU.Stream?)
    var (buffer, other): (DeviceBuffer?, DeviceBuffer?)
    var (event, later): (Event?, Event?)
    let steps: [() throws -> Void] = [
      { kernel = try Kernel(scale, on: CUDATests.backend()) },
      { kernel = nil },
      { kernel = try device.kernel(scale) },
      { stream = try device.stream() },
      { buffer = try device.buffer(byteCount: 4) },
      { other = try device.buffer(byteCount: 4) },
      { try buffer!.fillWithZero(on: stream!) },
      { try withUnsafeBytes(of: Float(1)) { try other!.upload($0, on: stream!) } },
      { try buffer!.copy(from: other!, on: stream!) },
      { event = try stream!.record() },
      {
        try device.launch(
          kernel!, groups: (1, 1, 1),
          [.buffer(buffer), .int64(1), .float(2), .int32(3), .buffer(nil)], on: stream!)
      },
      { later = try stream!.record() },
      { _ = try later!.milliseconds(since: event!) },
      { try stream!.synchronize() },
      {
        let values = try buffer!.floats(on: stream!)
        #expect(values == [5])
      },
      { (event, later) = (nil, nil) },
      { buffer = nil },
      { stream = nil },
    ]
    for (index, step) in steps.enumerated() {
      fake_cuda_reset(-1)
      try step()
      #expect(fake_cuda_recorded().mistakes == 0, "in step \(index)")
    }
  }

  private static func backend() throws -> CUDABackend {
    try CUDABackend(
      CUDALibrary(fake_cuda()), ordinal: 0, name: .cuda(0), compiler: FakeCompiler(),
      images: ImageCache(folder: nil))
  }

  @Test func aDeviceThatIsNotThereIsCounted() {
    #expect(
      message { _ = try device(ordinal: 3, named: .cuda(3)) }
        == "cuda:3: there are 1 devices, counted from 0; name one that is listed")
    #expect(fake_cuda_recorded().live == 0)
  }

  @Test func aBufferThatDoesNotFitSaysItsSize() throws {
    let device = try device()
    #expect(
      message { _ = try device.buffer(byteCount: 1 << 40) }
        == "the device gives no buffer of 1099511627776 bytes: cuMemAlloc_v2 failed with 2 "
        + "(CUDA_ERROR_OUT_OF_MEMORY: out of memory); free some, or take smaller batches")
  }

  @Test func emptyBuffersAndEmptyGridsAreNoWork() throws {
    let device = try device()
    let kernel = try device.kernel(scale)
    let (empty, other) = try (device.buffer([]), device.buffer([]))
    try empty.fillWithZero(on: device.defaultStream)
    try empty.copy(from: other, on: device.defaultStream)
    #expect(try empty.floats(on: device.defaultStream) == [])
    for groups in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
      try device.launch(kernel, groups: groups, [], on: device.defaultStream)
    }
    #expect(fake_cuda_recorded().launches == 0)
  }

  @Test func whatIsOverALimitSaysWhich() throws {
    let device = try device()
    func kernel(threads: Int, sharedBytes: Int) -> String {
      message {
        _ = try device.kernel(
          KernelSource(name: "scale", text: "", threads: threads, sharedBytes: sharedBytes))
      }
    }
    #expect(
      kernel(threads: 1, sharedBytes: 232_449)
        == "scale needs 232449 bytes of shared memory, of which the device has 232448; "
        + "take smaller tiles")
    #expect(
      kernel(threads: 1025, sharedBytes: 0)
        == "scale needs blocks of 1025 threads, and they may have 1024; take fewer threads")
    #expect(
      kernel(threads: 513, sharedBytes: 0)
        == "scale needs blocks of 513 threads, and they may have 512; take fewer threads")
    let scale = try device.kernel(scale)
    #expect(
      message {
        try device.launch(scale, groups: (1, 1, 65536), [], on: device.defaultStream)
      } == "scale needs 65536 groups in z, and there may be 65535; launch it in parts")
    let buffer = try device.buffer([1, 2])
    #expect(
      message {
        try [Float](repeating: 0, count: 3).withUnsafeBytes {
          try buffer.upload($0, on: device.defaultStream)
        }
      } == "a copy of 12 bytes does not fit a buffer of 8; take a longer buffer")
  }

  @Test func whatIsAnotherDevicesIsRefused() throws {
    let (device, other) = try (device(), device(named: .emulated))
    let (kernel, buffer) = try (device.kernel(scale), other.buffer([1]))
    #expect(
      message {
        try device.launch(kernel, groups: (1, 1, 1), [.buffer(buffer)], on: device.defaultStream)
      } == "this buffer is of emulated, not of cuda:0; take one of the latter")
    #expect(
      message {
        try other.launch(kernel, groups: (1, 1, 1), [], on: other.defaultStream)
      } == "this kernel is of cuda:0, not of emulated; take one of the latter")
    #expect(
      message { try buffer.fillWithZero(on: device.defaultStream) }
        == "this stream is of cuda:0, not of emulated; take one of the latter")
    let (before, after) = try (device.defaultStream.record(), other.defaultStream.record())
    #expect(
      message { _ = try after.milliseconds(since: before) }
        == "this event is of cuda:0, not of emulated; take one of the latter")
  }

  @Test func aKernelIsCompiledOnceForADevice() throws {
    let compiler = FakeCompiler()
    let device = try device(compiler)
    let kernel = try device.kernel(scale)
    #expect(try device.kernel(scale) === kernel)
    #expect(compiler.compilations.withLock { $0 } == 1)
    #expect(
      message {
        _ = try device.kernel(
          KernelSource(name: "absent", text: "", threads: 1, sharedBytes: 0))
      }.hasPrefix("cuModuleGetFunction failed with 500 "))
  }

  @Test func anImageIsCompiledOnceForAFolder() throws {
    try withTemporaryFolder { folder in
      let compiler = FakeCompiler(isCachedOnDisk: true)
      for _ in 0..<3 {
        _ = try device(compiler, images: ImageCache(folder: "\(folder)/a/b")).kernel(scale)
      }
      #expect(compiler.compilations.withLock { $0 } == 1)
      let unkept = FakeCompiler(isCachedOnDisk: false)
      for _ in 0..<3 {
        _ = try device(unkept, images: ImageCache(folder: "\(folder)/a/b")).kernel(scale)
      }
      #expect(unkept.compilations.withLock { $0 } == 3)
      #expect(names(in: "\(folder)/a/b").count == 1)
    }
  }
}

/// Its image is the text.
private final class FakeCompiler: KernelCompiler {
  var primitives: String? { nil }
  let isCachedOnDisk: Bool
  let compilations = Mutex(0)

  init(isCachedOnDisk: Bool = false) { self.isCachedOnDisk = isCachedOnDisk }

  var identity: String { "fake" }

  func compile(_ source: KernelSource, architecture: String) -> [UInt8] {
    compilations.withLock { $0 += 1 }
    return Array("\(architecture) \(source.text)".utf8)
  }
}
