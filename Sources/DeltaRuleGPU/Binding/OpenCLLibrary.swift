internal import CGPUDrivers

/// OpenCL, with all devices of all platforms in order.
struct OpenCLLibrary: Sendable {
  let driver: OpenCLDriver
  let devices: [Handle]

  init(names: [String]) throws {
    let library = try DynamicLibrary(
      anyOf: names,
      remedy: "install an OpenCL loader (ocl-icd-libopencl1) and the device's driver, "
        + "or name another device")
    driver = try library.table(
      remedy: "update it: OpenCL 1.2 is needed", opencl_driver_fill)
    devices = try Self.devices(of: driver)
  }

  private static func devices(of driver: OpenCLDriver) throws -> [Handle] {
    func list(
      _ call: String, nothing: OpenCLStatus,
      _ get: (UInt32, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UInt32>?) -> Int32
    ) throws -> [OpaquePointer] {
      var count: UInt32 = 0
      let status = OpenCLStatus(get(0, nil, &count))
      if status == nothing { return [] }
      try status.check(call)
      guard count > 0 else { return [] }
      var found = [OpaquePointer?](repeating: nil, count: Int(count))
      try OpenCLStatus(get(count, &found, nil)).check(call)
      return found.compactMap(\.self)
    }
    let allTypes: UInt64 = 0xFFFF_FFFF
    let platforms = try list("clGetPlatformIDs", nothing: .noPlatform, driver.platformIDs)
    return try platforms.flatMap { platform in
      try list("clGetDeviceIDs", nothing: .noDevice) {
        driver.deviceIDs(platform, allTypes, $0, $1, $2)
      }
    }.map { Handle(pointer: $0) }
  }

  func device(_ ordinal: Int, named name: DeviceName) throws -> Handle {
    guard devices.indices ~= ordinal else {
      throw GPUError(.noSuchDevice(name, count: devices.count))
    }
    return devices[ordinal]
  }

  func facts(of device: Handle) throws -> DeviceFacts {
    try DeviceFacts(
      name: text(.name, of: device), architecture: text(.version, of: device),
      sharedMemoryLimit: Int(clamping: number(.localMemorySize, UInt64.self, of: device)),
      multiprocessors: Int(number(.computeUnits, UInt32.self, of: device)),
      memory: Int(clamping: number(.globalMemorySize, UInt64.self, of: device)),
      threadLimit: number(.workGroupSize, Int.self, of: device))
  }

  func isGPU(_ device: Handle) throws -> Bool {
    let gpu: UInt64 = 1 << 2
    return try number(.type, UInt64.self, of: device) & gpu != 0
  }

  private func number<Number: FixedWidthInteger>(
    _ key: DeviceKey, _: Number.Type, of device: Handle
  ) throws -> Number {
    var value: Number = 0
    let size = MemoryLayout<Number>.size
    try OpenCLStatus(driver.deviceInfo(device.pointer, key.rawValue, size, &value, nil))
      .check("clGetDeviceInfo")
    return value
  }

  private func text(_ key: DeviceKey, of device: Handle) throws -> String {
    try openCLText("clGetDeviceInfo") {
      driver.deviceInfo(device.pointer, key.rawValue, $0, $1, $2)
    }
  }
}

/// A text that OpenCL gives in two calls: its size, then itself.
func openCLText(
  _ call: String,
  _ get: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> Int32
) throws -> String {
  var size = 0
  try OpenCLStatus(get(0, nil, &size)).check(call)
  guard size > 0 else { return "" }
  var bytes = [UInt8](repeating: 0, count: size)
  try OpenCLStatus(get(size, &bytes, nil)).check(call)
  return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}

/// By OpenCL's own numbers.
private enum DeviceKey: UInt32 {
  case type = 0x1000
  case computeUnits = 0x1002
  case workGroupSize = 0x1004
  case globalMemorySize = 0x101F
  case localMemorySize = 0x1023
  case name = 0x102B
  case version = 0x102F
}
