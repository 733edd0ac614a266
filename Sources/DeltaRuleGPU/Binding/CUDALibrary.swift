internal import CGPUDrivers

/// The CUDA driver, initialised.
struct CUDALibrary: Sendable {
  let driver: CUDADriver

  init(_ driver: CUDADriver) throws {
    self.driver = driver
    try check(driver.`init`(0), "cuInit")
  }

  init(names: [String]) throws {
    let library = try DynamicLibrary(
      anyOf: names, remedy: "install the NVIDIA driver, or name another device")
    try self.init(
      library.table(
        remedy: "update the NVIDIA driver",
        cuda_driver_fill))
  }

  func check(_ status: Int32, _ call: String) throws {
    guard status != 0 else { return }
    throw GPUError(.callFailed(call: call, status: status, text: text(of: status)))
  }

  /// Like "CUDA_ERROR_OUT_OF_MEMORY: out of memory".
  func text(of status: Int32) -> String {
    let parts = [driver.errorName, driver.errorString].compactMap { find -> String? in
      var text: UnsafePointer<CChar>?
      guard find(status, &text) == 0 else { return nil }
      return text.map { String(cString: $0) }
    }
    return parts.isEmpty ? "a status without a name" : parts.joined(separator: ": ")
  }

  func deviceCount() throws -> Int {
    var count: Int32 = 0
    try check(driver.deviceCount(&count), "cuDeviceGetCount")
    return Int(count)
  }

  /// The driver's device of that number.
  func device(_ ordinal: Int, named name: DeviceName) throws -> Int32 {
    let count = try deviceCount()
    guard 0..<count ~= ordinal else { throw GPUError(.noSuchDevice(name, count: count)) }
    var device: Int32 = 0
    try check(driver.deviceGet(&device, Int32(ordinal)), "cuDeviceGet")
    return device
  }

  func facts(of device: Int32) throws -> DeviceFacts {
    var text = [CChar](repeating: 0, count: 256)
    try check(driver.deviceName(&text, Int32(text.count), device), "cuDeviceGetName")
    return try DeviceFacts(
      name: String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
      architecture: capability(of: device).architecture,
      sharedMemoryLimit: attribute(.sharedMemoryPerBlock, of: device),
      multiprocessors: attribute(.multiprocessors, of: device), memory: memory(of: device),
      threadLimit: attribute(.threadsPerBlock, of: device))
  }

  func capability(of device: Int32) throws -> ComputeCapability {
    try ComputeCapability(
      major: attribute(.capabilityMajor, of: device),
      minor: attribute(.capabilityMinor, of: device))
  }

  private func memory(of device: Int32) throws -> Int? {
    guard let deviceMemory = driver.deviceMemory else { return nil }
    var bytes = 0
    try check(deviceMemory(&bytes, device), "cuDeviceTotalMem_v2")
    return bytes
  }

  private func attribute(_ attribute: DeviceAttribute, of device: Int32) throws -> Int {
    var value: Int32 = 0
    try check(driver.deviceAttribute(&value, attribute.rawValue, device), "cuDeviceGetAttribute")
    return Int(value)
  }
}

/// What a device can do, like 9.0.
struct ComputeCapability {
  let major: Int
  let minor: Int

  /// From 9.0 on with what that very architecture has, which later ones may lack.
  var architecture: String { "sm_\(major)\(minor)\(major >= 9 ? "a" : "")" }

  /// Whether the kernels run: they take bf16 products and asynchronous copies.
  var suffices: Bool { major >= 8 }
}

/// By the driver's own numbers.
private enum DeviceAttribute: Int32 {
  case threadsPerBlock = 1
  case multiprocessors = 16
  case capabilityMajor = 75
  case capabilityMinor = 76
  /// Where a kernel asks for more than 48 KiB by itself.
  case sharedMemoryPerBlock = 97
}
