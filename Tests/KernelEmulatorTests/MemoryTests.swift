import DeltaRuleGPU
import KernelEmulator
import Testing

/// What is said of accesses that are outside of what they should be in.
struct MemoryTests {
  private let copy = TestKernel(
    text: """
      KERNEL void kernel(const float *x, float *y) {
        ARENA(s);
        s[THREAD] = x[THREAD];
        y[THREAD] = s[THREAD];
      }
      """, sharedBytes: 128)
  private let arrays = [counting(32), [Float](repeating: 0, count: 32)]

  @Test func inBoundsIsFine() throws {
    #expect(try copy.run(arrays)[1] == counting(32))
  }

  @Test(arguments: [
    ("= x[THREAD]", "= x[THREAD + 1]", "reads 4 bytes of global memory outside of every buffer"),
    ("= x[THREAD]", "= x[THREAD + 1]", "0 bytes behind the end of parameter 1's buffer of 128"),
    ("= x[THREAD]", "= x[THREAD - 1]", "4 bytes before parameter 1's buffer of 128 bytes"),
    ("y[THREAD]", "y[THREAD + 1]", "writes 4 bytes of global memory outside of every buffer"),
    ("y[THREAD]", "((float *)0)[THREAD]", "address 0x0, near no buffer"),
    ("= s[THREAD]", "= s[THREAD + 32]", "reads 4 bytes at byte 128 of 128 bytes of shared memory"),
    ("s[THREAD] =", "s[THREAD - 1] =", "writes 4 bytes at byte -4 of 128 bytes of shared memory"),
    (
      "y[THREAD] = s[THREAD]", "float4 v = *(const float4 *)(x + 1); y[THREAD] = v.x",
      "reads 16 bytes of global memory at an address that is no multiple of 16"
    ),
  ])
  func accessesOutside(old: String, new: String, words: String) throws {
    let text = try copy.replacing(old, by: new).failure(arrays)
    #expect(text.contains(words) && text.contains(": line"), "\(text)")
  }

  @Test func aLoadMayNotReachOverTheEnd() throws {
    let kernel = TestKernel(
      text: "KERNEL void kernel(float *y) { if (THREAD == 0) y[0] = ((float4 *)y)[2].x; }")
    #expect(try kernel.run([counting(12)])[0][0] == 8)
    let load = kernel.replacing(
      "y[0] = ((float4 *)y)[2].x;", by: "{ float4 v = ((float4 *)y)[2]; y[0] = v.x + v.w; }")
    #expect(try load.run([counting(12)])[0][0] == 19)
    let text = try load.failure([counting(10)])
    #expect(text.contains("reads 16 bytes of global memory outside of every buffer"), "\(text)")
  }

  @Test func wordsAreMovedWhole() throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(const float *x, float *y) {
          ARENA(arena);
          Words *s = (Words *)arena;
          s[THREAD] = ((const Words *)x)[THREAD];
          Words w = s[THREAD], all[2];
          all[1] = w;
          ((Words *)y)[THREAD] = all[1];
        }
        """, sharedBytes: 512)
    let arrays = [counting(128), [Float](repeating: 0, count: 128)]
    #expect(try kernel.run(arrays)[1] == counting(128))
    for (old, new, words) in [
      ("Words *)x)[THREAD]", "Words *)(x + 2))[THREAD]", "16 bytes of global memory at an address"),
      ("Words *)y)[THREAD]", "Words *)(y + 1))[THREAD]", "no multiple of 16: line"),
      ("Words *)x)[THREAD]", "Words *)x)[THREAD + 1]", "reads 16 bytes of global memory outside"),
      ("s[THREAD] =", "s[THREAD + 32] =", "writes 16 bytes at byte 512 of 512 bytes of shared"),
      ("w = s[THREAD]", "w = s[THREAD ^ 1]", "`Words w = s[THREAD ^ 1], all[2];`"),
    ] {
      let text = try kernel.replacing(old, by: new).failure(arrays)
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test func guardsFindWritesUnchecked() throws {
    let behind = try copy.replacing("y[THREAD]", by: "y[THREAD + 1]")
      .failure(arrays, checking: false)
    #expect(behind.contains("something wrote behind parameter 2's buffer of 128 bytes"))
    #expect(behind.contains("at byte 128 of it"))
    let before = try copy.replacing("y[THREAD]", by: "y[THREAD - 1]")
      .failure(arrays, checking: false)
    #expect(before.contains("something wrote before parameter 2's buffer of 128 bytes, at byte -1"))
    let shared = try copy.replacing("s[THREAD] =", by: "s[THREAD + 1] =")
      .failure(arrays, checking: false)
    #expect(shared.contains("something wrote behind the block's 128 bytes of shared memory"))
  }

  @Test func freshMemoryIsPoison() throws {
    let kernel = TestKernel(
      text: "KERNEL void kernel(float *y) { ARENA(s); y[THREAD] = s[THREAD]; }")
    #expect(try kernel.run([counting(32)])[0].allSatisfy { $0.isNaN })
    let device = try Emulator.device()
    var bytes = [UInt8](repeating: 0, count: 100)
    let buffer = try device.buffer(byteCount: 100)
    try bytes.withUnsafeMutableBytes { try buffer.download(into: $0, on: device.defaultStream) }
    #expect(bytes.allSatisfy { $0 == 0xff })
  }

  @Test func constantsMayBeRead() throws {
    let kernel = TestKernel(
      text: """
        static const float table[4] = {2.0f, 3.0f, 5.0f, 7.0f};
        KERNEL void kernel(float *y) { y[THREAD] = table[THREAD & 3]; }
        """)
    #expect(try kernel.run([counting(32)])[0].prefix(5) == [2, 3, 5, 7, 2])
  }

  @Test func everyKindOfParameterArrives() throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y, const float *none, int n, OFFSET offset, float x) {
          if (THREAD == 0) {
            y[0] = none ? 1.0f : 0.0f;
            y[1] = (float)n;
            y[2] = (float)(offset >> 32);
            y[3] = x;
          }
        }
        """)
    let result = try kernel.run(
      [counting(4)], [.buffer(nil), .int32(-7), .int64(5 << 32), .float(0.5)])
    #expect(result[0] == [0, -7, 5, 0.5])
  }

  @Test func groupsAreCountedAlongThreeAxes() throws {
    var kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          if (THREAD == 0) y[(GROUP_Z * 3 + GROUP_Y) * 2 + GROUP_X] += 1.0f;
        }
        """)
    kernel.groups = (2, 3, 4)
    for seed in seeds {
      #expect(try kernel.run([counting(24)], seed: seed)[0] == (1...24).map(Float.init))
    }
  }

  @Test func aTextThatIsWrongIsAnErrorWithTheCompilersWords() throws {
    let kernel = TestKernel(text: "KERNEL void kernel(float *y) { y[THREAD] = z; }")
    let error = #expect(throws: GPUError.self) { try kernel.run([counting(32)]) }
    #expect(error?.description.contains("use of undeclared identifier 'z'") == true)
  }

  @Test func moreSharedMemoryThanABlockHas() throws {
    var kernel = copy
    kernel.sharedBytes = 232_448
    #expect(try kernel.run(arrays)[1] == counting(32))
    kernel.sharedBytes += 1
    #expect(throws: GPUError.self) { try kernel.run(arrays) }
  }
}
