import Testing

@testable import DeltaRuleGPU

struct MissingLibraryTests {
  private let none = Runtimes(
    LibraryNames(
      cuda: ["libno-cuda.so.1"], nvrtc: ["libno-nvrtc.so.13", "libno-nvrtc.so"],
      openCL: ["libno-opencl.so.1"]))

  /// A library that opens and has none of the functions.
  private let wrong = Runtimes(
    LibraryNames(cuda: ["libm.so.6"], nvrtc: ["libm.so.6"], openCL: ["libm.so.6"]))

  @Test func aMissingLibraryIsNamed() {
    #expect(
      message { _ = try none.open(.cuda(0)) }
        == "no libno-cuda.so.1: cannot open shared object file: No such file or directory; "
        + "install the NVIDIA driver, or name another device")
    #expect(
      message { _ = try none.open(.openCL(0)) }
        == "no libno-opencl.so.1: cannot open shared object file: No such file or directory; "
        + "install an OpenCL loader (ocl-icd-libopencl1) and the device's driver, "
        + "or name another device")
    #expect(
      message { _ = try NVRTC(names: ["libno-nvrtc.so.13", "libno-nvrtc.so"]) }
        == "no libno-nvrtc.so.13, libno-nvrtc.so: cannot open shared object file: "
        + "No such file or directory; install NVRTC (of CUDA, or nvidia-cuda-nvrtc of PyPI), "
        + "or let DELTANET_NVRTC name the folder that it is in")
  }

  @Test func aMissingFunctionIsNamed() {
    #expect(
      message { _ = try wrong.open(.cuda(0)) }
        == "libm.so.6 has no cuInit; update the NVIDIA driver")
    #expect(
      message { _ = try wrong.open(.openCL(0)) }
        == "libm.so.6 has no clGetPlatformIDs; update it: OpenCL 1.2 is needed")
    #expect(
      message { _ = try NVRTC(names: ["libm.so.6"]) }
        == "libm.so.6 has no nvrtcVersion; install NVRTC 12 or 13")
  }

  @Test func withoutABestDeviceEveryRuntimeSaysWhatIsMissing() {
    let text = message { _ = try none.open(.best) }
    #expect(text.hasPrefix("there is no GPU: CUDA: no libno-cuda.so.1: "))
    #expect(text.contains("OpenCL: no libno-opencl.so.1: "))
    #expect(text.hasSuffix("; name a device that is listed"))
  }

  @Test func theEmulatorIsNotOpened() {
    #expect(
      message { _ = try none.open(.emulated) }
        == "emulated: this device cannot be opened by its name; "
        + "make it with the module KernelEmulator")
  }

  @Test func theListingSaysWhatIsMissing() {
    let listing = none.listing()
    #expect(
      listing.map { $0.description.prefix { $0 != ":" } } == ["CUDA", "NVRTC", "OpenCL"])
    #expect(listing.allSatisfy { if case .missing = $0 { true } else { false } })
  }

  @Test func theCompilerIsLookedForInTheNamedPlacesOnly() {
    #expect(NVRTC.names(in: nil) == ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"])
    #expect(
      NVRTC.names(in: "/a:/b/libnvrtc.so.13.0.88") == [
        "/a/libnvrtc.so.13", "/a/libnvrtc.so.12", "/a/libnvrtc.so", "/b/libnvrtc.so.13.0.88",
      ])
  }
}
