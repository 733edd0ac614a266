import Testing

/// Barriers of a warp, and those with a name that some warps of a block share.
struct NamedBarrierTests {
  /// Warp 1 hands numbers to warp 0.
  private let handover = kernel(
    """
    if (warp == 1) {
      s[lane] = y[lane];
      ARRIVE(3, 64);
    } else {
      AWAIT(3, 64);
      y[lane] = s[31 - lane];
    }
    """)
  private let numbers = [counting(64)]
  private let reversed = Array(counting(32).reversed()) + counting(64)[32...]

  @Test(arguments: seeds) func whoWaitsSeesWhatWhoArrivedHasWritten(seed: UInt64) throws {
    let kernels = [handover, handover.replacing("ARRIVE", by: "AWAIT")]
    for kernel in kernels {
      #expect(try kernel.run(numbers, seed: seed)[0] == reversed)
      #expect(try kernel.run(numbers, seed: seed, checking: false)[0] == reversed)
    }
  }

  @Test(arguments: seeds) func whoOnlyArrivesSeesNothing(seed: UInt64) throws {
    let kernel = Self.kernel(
      """
      s[THREAD] = y[THREAD];
      if (warp == 1) ARRIVE(1, 64);
      else AWAIT(1, 64);
      y[THREAD] = warp == 1 ? s[63 - THREAD] : 0;
      """)
    #expect(try kernel.failure(numbers, seed: seed).contains("race on shared word"))
    #expect(try kernel.replacing("ARRIVE", by: "AWAIT").failure(numbers, seed: seed).isEmpty)
    // Nor what its own lanes have written.
    let own = kernel.replacing("63 - THREAD", by: "95 - THREAD")
    #expect(try own.failure(numbers, seed: seed).contains("race on shared word"))
    #expect(try own.replacing("ARRIVE", by: "AWAIT").failure(numbers, seed: seed).isEmpty)
  }

  @Test(arguments: seeds) func whatComesAfterAnArrivalIsNotOrdered(seed: UInt64) throws {
    let kernel = handover.replacing(
      "s[lane] = y[lane];\n  ARRIVE(3, 64);", by: "ARRIVE(3, 64);\n  s[lane] = y[lane];")
    let text = try kernel.failure(numbers, seed: seed)
    #expect(text.contains("race on shared word"))
  }

  @Test(arguments: seeds) func orderIsPassedOn(seed: UInt64) throws {
    let chain = Self.kernel(
      """
      if (warp == 0) { s[lane] = y[lane]; ARRIVE(1, 64); }
      if (warp == 1) { AWAIT(1, 64); ARRIVE(2, 64); }
      if (warp == 2) { AWAIT(2, 64); y[lane] = s[31 - lane]; }
      """, threads: 96)
    #expect(try chain.run(numbers, seed: seed)[0] == reversed)
    let parted = chain.replacing("AWAIT(1, 64); ARRIVE(2, 64);", by: "ARRIVE(2, 64); AWAIT(1, 64);")
    #expect(try parted.failure(numbers, seed: seed).contains("race on shared word"))
  }

  @Test(arguments: seeds) func aBarrierIsUsedAgain(seed: UInt64) throws {
    let kernel = Self.kernel(
      """
      float sum = 0;
      for (int i = 0; i < 5; i++) {
        if (warp == 1) {
          s[lane] = (float)i;
          ARRIVE(1, 64);
          AWAIT(2, 64);
        } else {
          AWAIT(1, 64);
          sum += s[31 - lane];
          ARRIVE(2, 64);
        }
      }
      y[THREAD] = sum;
      """)
    let sums = [Float](repeating: 10, count: 32) + [Float](repeating: 0, count: 32)
    #expect(try kernel.run(numbers, seed: seed)[0] == sums)
    let one = kernel.replacing("AWAIT(2, 64);", by: "").replacing("ARRIVE(2, 64);", by: "")
    #expect(try !one.failure(numbers, seed: seed).isEmpty)
  }

  @Test(arguments: seeds) func misuseIsFound(seed: UInt64) throws {
    for (body, words) in [
      (
        "if (warp) ARRIVE(1, 64);",
        "the block ends at barrier 1, to which 32 of 64 threads have come"
      ),
      (
        "if (warp) AWAIT(1, 64);",
        "32 wait at barrier 1, to which 32 of 64 threads have come, of line"
      ),
      ("if (warp) AWAIT(1, 64); else BARRIER();", "32 wait at the barrier of line"),
      ("if (warp) AWAIT(1, 64); else AWAIT(2, 64);", "32 wait at barrier 2, to which 32 of 64"),
      ("if (lane < 5) AWAIT(1, 64);", "10 wait at the warp's operation of line"),
      ("ARRIVE(1 + lane / 16, 64);", "come to barriers 1 and 2 at once"),
      (
        "if (warp) ARRIVE(0, 64); else AWAIT(0, 64);",
        "comes to barrier 0, and they have the names 1"
      ),
      ("if (warp) ARRIVE(16, 64); else AWAIT(16, 64);", "comes to barrier 16"),
      ("AWAIT(1, 48);", "barrier 1 of 48 threads: it takes a multiple of 32, and the block has 64"),
      ("AWAIT(1, 96);", "barrier 1 of 96 threads"),
      ("if (warp) { ARRIVE(1, 64); ARRIVE(1, 64); }", "warp 1 comes a second time to barrier 1"),
    ] {
      let text = try Self.kernel(body).failure(numbers, seed: seed)
      #expect(text.contains(words), "\(body): \(text)")
    }
    let counts = Self.kernel(
      "if (warp < 2) ARRIVE(1, 96);\nelse AWAIT(1, 64);", threads: 96)
    let text = try counts.failure(numbers, seed: seed)
    #expect(text.contains("one of 96") && text.contains("`else AWAIT(1, 64);`"), "\(text)")
    let third = Self.kernel("ARRIVE(1, 64);", threads: 96)
    #expect(try third.failure(numbers, seed: seed).contains("32 of 64 threads have come"))
  }

  @Test(arguments: seeds) func aWarpsBarrierOrdersItsLanes(seed: UInt64) throws {
    let kernel = Self.kernel(
      """
      s[THREAD] = y[THREAD];
      WARP_BARRIER();
      y[THREAD] = s[THREAD ^ 5];
      """)
    let exchanged = (0..<64).map { Float($0 ^ 5) }
    #expect(try kernel.run(numbers, seed: seed)[0] == exchanged)
    let text = try kernel.replacing("WARP_BARRIER();", by: "").failure(numbers, seed: seed)
    #expect(text.contains("race on shared word"))
    // And none of another warp.
    let others = kernel.replacing("THREAD ^ 5", by: "THREAD ^ 32")
    #expect(try others.failure(numbers, seed: seed).contains("race on shared word"))
  }

  @Test(arguments: seeds) func allLanesComeToTheirWarpsBarrier(seed: UInt64) throws {
    for (body, words) in [
      ("if (THREAD < 40) WARP_BARRIER();", "8 wait at the warp's operation of line"),
      ("if (lane < 4) WARP_BARRIER();\nelse WARP_BARRIER();", "at WARP_BARRIER of line"),
      ("if (lane < 4) WARP_BARRIER();\nelse AWAIT(1, 64);", "at AWAIT of line"),
    ] {
      let text = try Self.kernel(body).failure(numbers, seed: seed)
      #expect(text.contains(words), "\(body): \(text)")
    }
  }

  @Test func registersAreGivenByEights() throws {
    for count in [24, 136, 256] {
      let kernel = Self.kernel("if (warp) REGISTERS_UP(\(count)); else REGISTERS_DOWN(\(count));")
      #expect(try kernel.failure(numbers).isEmpty)
    }
    for count in [16, 100, 264] {
      let text = try Self.kernel("REGISTERS_DOWN(\(count));").failure(numbers)
      #expect(text.contains("\(count) registers: a thread has a multiple of 8 from 24 to 256"))
    }
    let text = try Self.kernel("if (lane) REGISTERS_UP(64);").failure(numbers)
    #expect(text.contains("62 wait at the warp's operation"))
  }

  private static func kernel(_ body: String, threads: Int = 64) -> TestKernel {
    TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          ARENA(s);
          int warp = THREAD / 32, lane = THREAD % 32;
        \(body)
        }
        """, threads: threads)
  }
}
