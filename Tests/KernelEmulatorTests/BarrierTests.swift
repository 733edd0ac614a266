import Testing

/// What is said of threads that do not wait for each other as they should.
struct BarrierTests {
  private let reversal = TestKernel(
    text: """
      KERNEL void kernel(const float *x, float *y) {
        ARENA(s);
        s[THREAD] = x[THREAD];
        BARRIER();
        y[THREAD] = s[95 - THREAD];
      }
      """, threads: 96, sharedBytes: 384)
  private let arrays = [counting(96), [Float](repeating: 0, count: 96)]

  @Test(arguments: seeds) func aKernelWithItsBarrierIsRight(seed: UInt64) throws {
    #expect(try reversal.run(arrays, seed: seed)[1] == counting(96).reversed())
    #expect(try reversal.run(arrays, seed: seed, checking: false)[1] == counting(96).reversed())
  }

  @Test(arguments: seeds) func aMissingBarrierIsARace(seed: UInt64) throws {
    let text = try reversal.replacing("BARRIER();", by: "").failure(arrays, seed: seed)
    #expect(text.contains("race on shared word"))
    #expect(text.contains("writes it at line"))
    #expect(text.contains("reads it at line"))
    #expect(text.contains("`s[THREAD] = x[THREAD];`"))
    #expect(text.contains("`y[THREAD] = s[95 - THREAD];`"))
  }

  @Test(arguments: seeds) func aMissingBarrierGivesWrongNumbersUnchecked(seed: UInt64) throws {
    let result = try reversal.replacing("BARRIER();", by: "")
      .run(arrays, seed: seed, checking: false)
    #expect(result[1] != counting(96).reversed())
  }

  @Test(arguments: seeds) func aBarrierThatSomeThreadsPassBy(seed: UInt64) throws {
    let kernel = reversal.replacing("BARRIER();", by: "if (THREAD < 40) BARRIER();")
    let text = try kernel.failure(arrays, seed: seed, checking: false)
    #expect(text.contains("threads do not meet: 40 wait at the barrier of line"))
    #expect(text.contains("56 have ended"))
  }

  @Test(arguments: seeds) func barriersOfTwoLines(seed: UInt64) throws {
    let kernel = reversal.replacing(
      "BARRIER();", by: "if (THREAD < 40) BARRIER();\n  else BARRIER();")
    let text = try kernel.failure(arrays, seed: seed)
    #expect(text.contains("40 wait at the barrier of line"))
    #expect(text.contains("56 wait at the barrier of line"))
    #expect(text.contains("`else BARRIER();`"))
  }

  @Test(arguments: seeds) func theNextRoundMustNotOvertake(seed: UInt64) throws {
    let rounds = TestKernel(
      text: """
        KERNEL void kernel(const float *x, float *y) {
          ARENA(s);
          for (int i = 0; i < 2; i++) {
            s[THREAD] = x[THREAD];
            BARRIER();
            y[THREAD] = s[63 - THREAD];
            BARRIER();  // again
          }
        }
        """, threads: 64)
    #expect(try rounds.run(arrays, seed: seed)[1].prefix(64) == counting(64).reversed()[...])
    let text = try rounds.replacing("BARRIER();  // again", by: "").failure(arrays, seed: seed)
    #expect(text.contains("race on shared word"))
  }

  @Test(arguments: seeds) func aWriteMustNotOvertakeARead(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          ARENA(s);
          s[THREAD] = y[THREAD];
          BARRIER();
          if (THREAD < 32) y[THREAD] = s[THREAD + 32];
          else s[THREAD] = 0.0f;
        }
        """, threads: 64)
    let text = try kernel.failure([counting(64)], seed: seed)
    #expect(text.contains("race on shared word"))
    #expect(text.contains("reads it at line"))
  }

  @Test(arguments: seeds) func halvesOfAWordAreTwoPlaces(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          ARENA(s);
          unsigned short *half = (unsigned short *)s;
          half[THREAD] = to_bf16((float)THREAD);
          BARRIER();
          y[THREAD] = from_bf16(half[63 - THREAD]);
        }
        """, threads: 64)
    #expect(try kernel.run([counting(64)], seed: seed)[0] == counting(64).reversed())
  }

  /// PTX does not promise that lanes see each other's stores across what their warp does together.
  @Test(arguments: seeds) func lanesAreNotOrderedByWhatTheirWarpDoes(seed: UInt64) throws {
    for meeting in [
      "s[THREAD] = x; shuffle_xor(x, 1); y[THREAD] = s[THREAD ^ 5];",
      "y[THREAD] = s[0]; shuffle_xor(x, 1); if (THREAD == 0) s[0] = x;",
      "y[THREAD] = s[0]; shuffle_xor(x, 1); if (THREAD == 9) s[0] = x;",
    ] {
      let kernel = TestKernel(
        text: """
          KERNEL void kernel(float *y) {
            ARENA(s);
            float x = y[THREAD];
            s[THREAD] = x;
            BARRIER();
            \(meeting)
          }
          """)
      let text = try kernel.failure([counting(32)], seed: seed)
      #expect(text.contains("race on shared word"), "\(meeting)")
      let ordered = kernel.replacing("shuffle_xor(x, 1);", by: "WARP_BARRIER();")
      #expect(try ordered.failure([counting(32)], seed: seed).isEmpty)
    }
  }

  @Test(arguments: seeds) func blocksMustNotWriteTheSamePlace(seed: UInt64) throws {
    var kernel = TestKernel(
      text: "KERNEL void kernel(float *y) { y[GROUP_X * 32 + THREAD] = (float)GROUP_X; }")
    kernel.groups = (3, 1, 1)
    let zeros = [Float](repeating: 0, count: 96)
    #expect(try kernel.run([zeros], seed: seed)[0] == (0..<96).map { Float($0 / 32) })
    let text = try kernel.replacing("GROUP_X * 32", by: "GROUP_X * 16")
      .failure([zeros], seed: seed)
    #expect(text.contains("race on parameter 1's buffer of 384 bytes, word"))
    #expect(text.contains("of another block writes it"))
    // One launch after another may.
    #expect(try kernel.failure([zeros], seed: seed).isEmpty)
  }

  @Test(arguments: seeds) func threadsOfABlockMeetInGlobalMemoryAtBarriers(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          y[THREAD] = 1.0f + THREAD;
          BARRIER();
          float x = y[63 - THREAD];
          BARRIER();
          y[THREAD] = x;
        }
        """, threads: 64)
    #expect(try kernel.run([counting(64)], seed: seed)[0] == (1...64).reversed().map(Float.init))
    let text = try kernel.replacing("BARRIER();\n  float", by: "float")
      .failure([counting(64)], seed: seed)
    #expect(text.contains("race on parameter 1's buffer"))
  }
}
