import Synchronization

/// What the runtimes' libraries are called.
struct LibraryNames {
  var cuda: [String]
  var nvrtc: [String]
  var openCL: [String]

  static var standard: LibraryNames {
    LibraryNames(
      cuda: ["libcuda.so.1"], nvrtc: NVRTC.names(in: environment("DELTANET_NVRTC")),
      openCL: ["libOpenCL.so.1"])
  }
}

/// The runtimes of this process and the devices that it has opened.
final class Runtimes: Sendable {
  static let shared = Runtimes(.standard)

  private let state: Mutex<State>

  init(_ names: LibraryNames) { state = Mutex(State(names: names)) }

  func open(_ name: DeviceName) throws -> Device { try state.withLock { try $0.open(name) } }

  func listing() -> [DeviceListing] { state.withLock { $0.listing() } }
}

/// Libraries and devices are opened when they are first asked for.
private struct State {
  let names: LibraryNames
  private var cuda: CUDALibrary?
  private var nvrtc: NVRTC?
  private var openCL: OpenCLLibrary?
  private var devices: [DeviceName: Device] = [:]

  init(names: LibraryNames) { self.names = names }

  mutating func open(_ name: DeviceName) throws -> Device {
    if let device = devices[name] { return device }
    let device =
      switch name {
      case .best: try open(best())
      case .cuda(let ordinal): try Device(cudaBackend(ordinal, name))
      case .openCL(let ordinal):
        try Device(OpenCLBackend(openCLLibrary(), ordinal: ordinal, name: name))
      case .emulated: throw GPUError(.emulatorIsNotOpened)
      }
    devices[name] = device
    return device
  }

  mutating func listing() -> [DeviceListing] {
    part("CUDA") { state in
      let library = try state.cudaLibrary()
      return try (0..<library.deviceCount()).map { ordinal in
        let name = DeviceName.cuda(ordinal)
        return try .device(name, library.facts(of: library.device(ordinal, named: name)))
      }
    }
      + part("NVRTC") { state in
        _ = try state.compiler()
        return []
      }
      + part("OpenCL") { state in
        let library = try state.openCLLibrary()
        return try library.devices.enumerated().map { ordinal, device in
          try .device(.openCL(ordinal), library.facts(of: device))
        }
      }
  }

  private mutating func part(
    _ runtime: String, _ list: (inout State) throws -> [DeviceListing]
  ) -> [DeviceListing] {
    do { return try list(&self) } catch let error as GPUError {
      return [.missing(runtime: runtime, reason: error)]
    } catch { preconditionFailure("\(runtime): \(error)") }
  }

  /// The name of the best device; where a device is good enough, what it lacks otherwise is an error when it is opened.
  private mutating func best() throws -> DeviceName {
    var missing: [String] = []
    do {
      let library = try cudaLibrary()
      for ordinal in try 0..<library.deviceCount() {
        let name = DeviceName.cuda(ordinal)
        if try library.capability(of: library.device(ordinal, named: name)).suffices { return name }
      }
      missing.append("CUDA has no device of capability 8.0 or more")
    } catch { missing.append("CUDA: \(error)") }
    do {
      let library = try openCLLibrary()
      for (ordinal, device) in library.devices.enumerated() where try library.isGPU(device) {
        return .openCL(ordinal)
      }
      missing.append("OpenCL has no device that is a GPU")
    } catch { missing.append("OpenCL: \(error)") }
    throw GPUError(.noDevice(missing: missing))
  }

  private mutating func cudaBackend(_ ordinal: Int, _ name: DeviceName) throws -> CUDABackend {
    try CUDABackend(
      cudaLibrary(), ordinal: ordinal, name: name, compiler: compiler(), images: .fromEnvironment)
  }

  private mutating func cudaLibrary() throws -> CUDALibrary {
    try opened(\.cuda) { try CUDALibrary(names: $0.cuda) }
  }

  private mutating func compiler() throws -> NVRTC {
    try opened(\.nvrtc) { try NVRTC(names: $0.nvrtc) }
  }

  private mutating func openCLLibrary() throws -> OpenCLLibrary {
    try opened(\.openCL) { try OpenCLLibrary(names: $0.openCL) }
  }

  private mutating func opened<Library>(
    _ place: WritableKeyPath<State, Library?>, _ open: (LibraryNames) throws -> Library
  ) throws -> Library {
    if let library = self[keyPath: place] { return library }
    let library = try open(names)
    self[keyPath: place] = library
    return library
  }
}

extension DeviceListing {
  fileprivate static func device(_ deviceName: DeviceName, _ facts: DeviceFacts) -> DeviceListing {
    .device(deviceName, name: facts.name, architecture: facts.architecture)
  }
}
