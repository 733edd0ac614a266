import Testing

@testable import DeltaRuleGPU

@Suite(.enabled(if: (try? NVRTC()) != nil, "there is no NVRTC: let DELTANET_NVRTC name its folder"))
struct NVRTCTests {
  private let source = KernelSource(
    name: "scale",
    text: """
      extern "C" __global__ void scale(float *x, float factor) {
        x[threadIdx.x] *= factor;
      }
      """, threads: 32, sharedBytes: 0)

  @Test func aTextBecomesMachineCode() throws {
    let image = try NVRTC().compile(source, architecture: "sm_90a")
    #expect(image.starts(with: [0x7F] + Array("ELF".utf8)))
  }

  @Test func theLogTellsRegistersWhenAsked() throws {
    let compilation = try NVRTC().compile(
      source, architecture: "sm_90a", options: ["--ptxas-options=-v"])
    #expect(compilation.log.contains("registers"))
    #expect(compilation.log.contains("0 bytes spill stores"))
  }

  @Test func aWrongTextGivesTheCompilersLog() throws {
    let wrong = KernelSource(
      name: "wrong", text: "\nint f() { return absent; }", threads: 1, sharedBytes: 0)
    let nvrtc = try NVRTC()
    let text = message {
      _ = try nvrtc.compile(wrong, architecture: "sm_90a")
    }
    #expect(text.hasPrefix("wrong does not compile for sm_90a; mend what the compiler says:\n"))
    #expect(text.contains("wrong.cu(2): error: identifier \"absent\" is undefined"))
  }

  @Test func anArchitectureThatItDoesNotKnowIsNamed() throws {
    let nvrtc = try NVRTC()
    let text = message { _ = try nvrtc.compile(source, architecture: "sm_999z") }
    #expect(text.hasPrefix("scale does not compile for sm_999z"))
    #expect(text.contains("--gpu-architecture"))
  }
}
