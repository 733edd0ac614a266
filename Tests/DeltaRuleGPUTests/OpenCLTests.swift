import Synchronization
import Testing

@testable import DeltaRuleGPU

@Suite(
  .enabled(
    if: (try? Device.open(.openCL(0))) != nil,
    "there is no OpenCL device: install pocl-opencl-icd and ocl-icd-libopencl1"))
struct OpenCLTests {
  private let device: Device
  private let scale = KernelSource(
    name: "scale",
    text: """
      __kernel void scale(
          __global float *x, long count, float factor, int offset, __global const float *bias) {
        const long i = get_global_id(0) + 64L * (get_group_id(1) + 3 * get_group_id(2));
        if (i < count) x[i] = x[i] * factor + offset + (bias ? bias[i] : 0);
      }
      """, threads: 32, sharedBytes: 0)

  init() throws { device = try Device.open(.openCL(0)) }

  @Test func theDeviceTellsWhatItIsAndIsOpenedOnce() throws {
    #expect(!device.name.isEmpty)
    #expect(device.architecture.hasPrefix("OpenCL "))
    #expect(device.deviceName == .openCL(0))
    #expect(device.language == .openCL)
    #expect(device.multiprocessors > 0)
    #expect(try #require(device.memory) > 0)
    #expect(device.sharedMemoryLimit >= 32 << 10)
    #expect(try Device.open(.openCL(0)) === device)
  }

  @Test func itIsListed() {
    let line = "opencl:0: \(device.name) (\(device.architecture))"
    #expect(Device.listing().map(\.description).contains(line))
  }

  @Test func aDeviceThatIsNotThereIsCounted() {
    let text = message { _ = try Device.open(.openCL(1000)) }
    #expect(text.hasPrefix("opencl:1000: there are "))
    #expect(text.hasSuffix(" devices, counted from 0; name one that is listed"))
  }

  @Test func argumentsAndGridArrive() throws {
    let kernel = try device.kernel(scale)
    #expect(try device.kernel(scale) === kernel)
    let values = (0..<300).map { Float($0) }
    let (x, bias) = try (device.buffer(values), device.buffer(byteCount: 1200))
    let stream = device.defaultStream
    try bias.fillWithZero(on: stream)
    try device.launch(
      kernel, groups: (2, 3, 2), [.buffer(x), .int64(300), .float(2), .int32(-1), .buffer(bias)],
      on: stream)
    #expect(try x.floats(on: stream) == values.map { $0 * 2 - 1 })
    try bias.copy(from: x, on: stream)
    try device.launch(
      kernel, groups: (2, 3, 2), [.buffer(x), .int64(300), .float(0), .int32(0), .buffer(bias)],
      on: stream)
    try device.launch(
      kernel, groups: (2, 3, 2), [.buffer(x), .int64(300), .float(1), .int32(1), .buffer(nil)],
      on: stream)
    #expect(try x.floats(on: stream) == values.map { $0 * 2 })
  }

  @Test func emptyBuffersAndEmptyGridsAreNoWork() throws {
    let kernel = try device.kernel(scale)
    let (empty, other) = try (device.buffer([]), device.buffer([]))
    try empty.fillWithZero(on: device.defaultStream)
    try empty.copy(from: other, on: device.defaultStream)
    #expect(try empty.floats(on: device.defaultStream) == [])
    for groups in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
      try device.launch(kernel, groups: groups, [], on: device.defaultStream)
    }
    try device.launch(
      kernel, groups: (1, 1, 1),
      [.buffer(empty), .int64(0), .float(1), .int32(0), .buffer(nil)], on: device.defaultStream)
    try device.defaultStream.synchronize()
  }

  @Test func eventsTellTheTime() throws {
    let kernel = try device.kernel(scale)
    let x = try device.buffer([Float](repeating: 1, count: 64))
    let before = try device.defaultStream.record()
    for _ in 0..<20 {
      try device.launch(
        kernel, groups: (2, 1, 1), [.buffer(x), .int64(64), .float(1), .int32(0), .buffer(nil)],
        on: device.defaultStream)
    }
    let after = try device.defaultStream.record()
    let milliseconds = try after.milliseconds(since: before)
    #expect((0...60_000).contains(milliseconds))
    #expect(try before.milliseconds(since: after) == -milliseconds)
  }

  /// One kernel object, whose arguments every thread sets.
  @Test func threadsOnStreamsOfTheirOwnDoNotMixArguments() async throws {
    let device = device
    let kernel = try device.kernel(scale)
    let results = try await withThrowingTaskGroup(of: Bool.self) { group in
      for worker in 1...4 {
        group.addTask {
          let stream = try device.stream()
          let x = try device.buffer([Float](repeating: 0, count: 64))
          for _ in 0..<50 {
            try device.launch(
              kernel, groups: (2, 1, 1),
              [.buffer(x), .int64(64), .float(1), .int32(Int32(worker)), .buffer(nil)], on: stream)
          }
          return try x.floats(on: stream) == [Float](repeating: Float(50 * worker), count: 64)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [true, true, true, true])
  }

  @Test func aWrongTextGivesTheCompilersLog() {
    let wrong = KernelSource(
      name: "wrong", text: "__kernel void wrong() { absent(); int = 3; }", threads: 1,
      sharedBytes: 0)
    let text = message { _ = try device.kernel(wrong) }
    #expect(text.hasPrefix("wrong does not compile for OpenCL "))
    #expect(text.contains("error: "))
  }

  @Test func anEntryThatIsNotThereFails() {
    let other = KernelSource(name: "other", text: scale.text, threads: 1, sharedBytes: 0)
    #expect(
      message { _ = try device.kernel(other) }
        == "clCreateKernel failed with -46 (CL_INVALID_KERNEL_NAME)")
  }

  @Test func argumentsThatTheKernelDoesNotTakeFail() throws {
    let kernel = try device.kernel(scale)
    let stream = device.defaultStream
    #expect(
      message { try device.launch(kernel, groups: (1, 1, 1), [.int32(1)], on: stream) }
        .hasPrefix("clSetKernelArg failed with -51 (CL_INVALID_ARG_SIZE)"))
  }

  @Test func whatIsOverALimitSaysWhich() throws {
    let limit = device.sharedMemoryLimit
    #expect(
      message {
        _ = try device.kernel(
          KernelSource(name: "scale", text: scale.text, threads: 32, sharedBytes: limit + 1))
      } == "scale needs \(limit + 1) bytes of shared memory, of which the device has \(limit); "
        + "take smaller tiles")
    #expect(
      message {
        _ = try device.kernel(
          KernelSource(name: "scale", text: scale.text, threads: 1 << 30, sharedBytes: 0))
      }.hasPrefix("scale needs blocks of 1073741824 threads, and they may have "))
    #expect(
      message { _ = try device.buffer(byteCount: 1 << 50) }
        .hasPrefix("the device gives no buffer of 1125899906842624 bytes: clCreateBuffer failed"))
  }
}
