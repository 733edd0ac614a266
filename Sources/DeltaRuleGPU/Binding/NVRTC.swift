internal import CGPUDrivers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// NVIDIA's run-time compiler: CUDA text to machine code. It takes no GPU.
package struct NVRTC: KernelCompiler {
  private let library: NVRTCLibrary
  private let version: (major: Int32, minor: Int32)

  /// A compiled kernel, with what the compiler said of it.
  package struct Compilation: Sendable {
    package let image: [UInt8]
    package let log: String
  }

  /// The compiler in the folders or files that `DELTANET_NVRTC` names, separated by colons; where it names none, the system's.
  ///
  /// - Throws: `GPUError` that says where it was looked for.
  package init() throws { try self.init(names: Self.names(in: environment("DELTANET_NVRTC"))) }

  init(names: [String]) throws {
    let library = try DynamicLibrary(
      anyOf: names,
      remedy: "install NVRTC (of CUDA, or nvidia-cuda-nvrtc of PyPI), "
        + "or let DELTANET_NVRTC name the folder that it is in")
    self.library = try library.table(
      remedy: "install NVRTC 12 or 13", nvrtc_library_fill)
    var major: Int32 = 0
    var minor: Int32 = 0
    let status = self.library.version(&major, &minor)
    version = (major, minor)
    try check(status, "nvrtcVersion")
    // It looks for a second library by its bare name; one that is open already is found.
    if let slash = library.name.lastIndex(of: "/") {
      let folder = library.name[...slash]
      _ = dlopen("\(folder)libnvrtc-builtins.so.\(major).\(minor)", RTLD_NOW | RTLD_LOCAL)
    }
  }

  /// What to open, where `folders` names folders or files, separated by colons.
  static func names(in folders: String?) -> [String] {
    let names = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]
    guard let folders else { return names }
    return folders.split(separator: ":").flatMap { place -> [String] in
      let isFile = place.split(separator: "/").last?.contains(".so") ?? false
      return isFile ? [String(place)] : names.map { "\(place)/\($0)" }
    }
  }

  package var identity: String {
    "NVRTC \(version.major).\(version.minor) \(Self.options.joined(separator: " "))"
  }

  package var primitives: String? { nil }

  package var isCachedOnDisk: Bool { true }

  package func compile(_ source: KernelSource, architecture: String) throws -> [UInt8] {
    try compile(source, architecture: architecture, options: []).image
  }

  /// - Parameters:
  ///   - architecture: like `sm_90a`; like `compute_90a` for PTX.
  ///   - options: more of them, like `--ptxas-options=-v`, which puts registers and spills into the log.
  package func compile(
    _ source: KernelSource, architecture: String, options: [String]
  ) throws -> Compilation {
    var created: OpaquePointer?
    try check(
      library.createProgram(&created, source.text, "\(source.name).cu", 0, nil, nil),
      "nvrtcCreateProgram")
    let program = created!
    defer { _ = library.destroyProgram(&created) }
    let status = compile(
      program, ["--gpu-architecture=\(architecture)"] + Self.options + options)
    let log = try log(of: program)
    guard status == 0 else {
      throw GPUError(
        .compilationFailed(
          kernel: source.name, architecture: architecture,
          log: "\(String(cString: library.errorString(status)))\n\(log)"))
    }
    let image = try architecture.hasPrefix("sm_") ? machineCode(of: program) : ptx(of: program)
    return Compilation(image: image, log: log)
  }

  private static let options = ["--std=c++17"]

  private func compile(_ program: OpaquePointer, _ options: [String]) -> Int32 {
    let copies = options.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies.map { UnsafePointer<CChar>($0) }
    return library.compileProgram(program, Int32(pointers.count), &pointers)
  }

  private func log(of program: OpaquePointer) throws -> String {
    var size = 0
    try check(library.logSize(program, &size), "nvrtcGetProgramLogSize")
    var log = [CChar](repeating: 0, count: max(1, size))
    try check(library.log(program, &log), "nvrtcGetProgramLog")
    return String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func machineCode(of program: OpaquePointer) throws -> [UInt8] {
    try bytes(of: program, "nvrtcGetCUBIN", library.machineCodeSize, library.machineCode)
  }

  private func ptx(of program: OpaquePointer) throws -> [UInt8] {
    try bytes(of: program, "nvrtcGetPTX", library.ptxSize, library.ptx)
  }

  private func bytes(
    of program: OpaquePointer, _ call: String,
    _ sizeOf: @convention(c) (OpaquePointer, UnsafeMutablePointer<Int>) -> Int32,
    _ get: @convention(c) (OpaquePointer, UnsafeMutablePointer<CChar>) -> Int32
  ) throws -> [UInt8] {
    var size = 0
    try check(sizeOf(program, &size), "\(call)Size")
    var bytes = [CChar](repeating: 0, count: size)
    try check(get(program, &bytes), call)
    return bytes.map { UInt8(bitPattern: $0) }
  }

  private func check(_ status: Int32, _ call: String) throws {
    guard status != 0 else { return }
    throw GPUError(
      .callFailed(call: call, status: status, text: String(cString: library.errorString(status))))
  }
}
