import DeltaRuleGPU
import Testing

/// Asynchronous copies, which arrive when they are waited for.
struct CopyTests {
  private let copy = TestKernel(
    text: """
      KERNEL void kernel(const float *x, float *y, int valid) {
        ARENA(s);
        copy_async_16(s + 4 * THREAD, x + 4 * THREAD, THREAD < valid);
        copy_async_commit();
        copy_async_wait(0);
        BARRIER();
        y[THREAD] = s[127 - THREAD];
      }
      """, sharedBytes: 512)
  private let arrays = [counting(128), [Float](repeating: 0, count: 32)]

  @Test(arguments: seeds) func bytesArrive(seed: UInt64) throws {
    let whole = try copy.run(arrays, [.int32(32)], seed: seed)
    #expect(whole[1] == (0..<32).map { Float(127 - $0) })
    let part = try copy.run(arrays, [.int32(30)], seed: seed)
    let expected = (0..<32).map { (i: Int) -> Float in i < 8 ? 0 : Float(127 - i) }
    #expect(part[1] == expected)
  }

  @Test(arguments: seeds) func misuseIsFound(seed: UInt64) throws {
    for (old, new, words) in [
      ("copy_async_wait(0);", "", "has not been waited for"),
      ("copy_async_wait(0);", "copy_async_wait(1);", "has not been waited for"),
      ("copy_async_commit();", "", "has not been waited for"),
      ("BARRIER();", "", "race on shared word"),
      ("s + 4 * THREAD", "s + 4 * THREAD + 1", "to an address that is no multiple of 16"),
      ("x + 4 * THREAD", "x + 4 * THREAD + 1", "from an address that is no multiple of 16"),
      ("x + 4 * THREAD", "x + 4 * THREAD + 4", "copies 16 bytes of global memory outside of"),
      ("s + 4 * THREAD", "s + 4 * THREAD + 4", "at byte 512 of 512 bytes of shared memory"),
      ("s + 4 * THREAD", "y", "that is not shared memory"),
      ("s + 4 * THREAD", "s", "race on shared word"),
    ] {
      let text = try copy.replacing(old, by: new).failure(arrays, [.int32(32)], seed: seed)
      #expect(text.contains(words), "\(new): \(text)")
    }
  }

  /// Bytes may arrive at once, before another warp has read what they replace.
  @Test func aCopyIsAWriteFromItsIssueOn() throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(const float *x, float *y) {
          ARENA(s);
          s[THREAD] = 0.0f;
          BARRIER();
          if (THREAD < 32) y[THREAD] = s[THREAD];
          else if (THREAD < 40) copy_async_16(s + 4 * (THREAD - 32), x, 1);
          copy_async_commit();
          BARRIER();
          copy_async_wait(0);
        }
        """, threads: 64)
    #expect(try kernel.failure(arrays).contains("race on shared word"))
  }

  @Test func aCopyThatIsNeverWaitedFor() throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(const float *x) {
          ARENA(s);
          copy_async_16(s + 4 * THREAD, x + 4 * THREAD, 1);
          copy_async_commit();
        }
        """, sharedBytes: 512)
    #expect(try kernel.failure(arrays).contains("ends with 1 copies that it did not wait for"))
  }

  @Test(arguments: seeds) func unwaitedBytesArePoisonUnchecked(seed: UInt64) throws {
    let result = try copy.replacing("copy_async_wait(0);", by: "")
      .replacing("s[127 - THREAD];", by: "s[127 - THREAD]; copy_async_wait(0);")
      .run(arrays, [.int32(32)], seed: seed, checking: false)
    #expect(result[1].contains { $0.isNaN })
  }

  /// Two stages: the newest group may be outstanding while the one before it is used.
  @Test(arguments: seeds) func groupsArriveInOrder(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(const float *x, float *y) {
          ARENA(s);
          copy_async_16(s + 4 * THREAD, x + 4 * THREAD, 1);
          copy_async_commit();
          for (int i = 0; i < 4; i++) {
            float *now = s + i % 2 * 128, *next = s + (i + 1) % 2 * 128;
            if (i < 3) copy_async_16(next + 4 * THREAD, x + (i + 1) * 128 + 4 * THREAD, 1);
            copy_async_commit();
            copy_async_wait(1);
            BARRIER();
            for (int j = 0; j < 4; j++) y[i * 128 + j * 32 + THREAD] = now[127 - j * 32 - THREAD];
            BARRIER();  // before it is overwritten
          }
        }
        """, sharedBytes: 1024)
    let zeros = [Float](repeating: 0, count: 512)
    let expected = (0..<512).map { (i: Int) in Float(i / 128 * 128 + 127 - i % 128) }
    #expect(try kernel.run([counting(512), zeros], seed: seed)[1] == expected)
    let text = try kernel.replacing("BARRIER();  // before it is overwritten", by: "")
      .failure([counting(512), zeros], seed: seed)
    #expect(
      text.contains("race on shared word") || text.contains("has not been waited for"), "\(text)")
  }
}
