import DeltaRuleGPU
import Testing

/// Products, loads of matrices and exchanges, against plain loops over PTX's layouts.
struct WarpTests {
  /// One product d = a b + d, every lane taking its part of a, b and d from matrices in global memory.
  private func product(_ operation: String, k: Int) -> TestKernel {
    let isTF32 = k == 8
    return TestKernel(
      text: """
        #define A(row, column) (a[(row) * \(k) + (column)])
        #define B(row, column) (b[(row) * 8 + (column)])
        KERNEL void kernel(const float *a, const float *b, float *d) {
          int g = THREAD / 4, c = THREAD % 4;
          float *upper = d + g * 8 + 2 * c, *lower = upper + 64;
          float sum[4] = {upper[0], upper[1], lower[0], lower[1]};
          unsigned x[4], y[2];
          for (int i = 0; i < 4; i++) {
            int row = g + i % 2 * 8, column = \(isTF32 ? "c + i / 2 * 4" : "2 * c + i / 2 * 8");
            x[i] = \(
              isTF32 ? "to_tf32(A(row, column))" : "PACK(A(row, column), A(row, column + 1))");
          }
          for (int i = 0; i < 2; i++) {
            int row = \(isTF32 ? "c + i * 4" : "2 * c + i * 8");
            y[i] = \(isTF32 ? "to_tf32(B(row, g))" : "PACK(B(row, g), B(row + 1, g))");
          }
          \(operation)(sum, x, y);
          upper[0] = sum[0]; upper[1] = sum[1]; lower[0] = sum[2]; lower[1] = sum[3];
        }
        """)
  }

  private func kernels() -> [(TestKernel, k: Int)] {
    let sixteen = product("mma_bf16", k: 16)
    let f16 = product("mma_f16", k: 16)
    let packs = [
      "#define PACK pack_bf16\n",
      "#define PACK(x, y) (to_f16(x) | (unsigned)to_f16(y) << 16)\n",
    ]
    return [
      (product("mma_tf32", k: 8), 8),
      (TestKernel(text: packs[0] + sixteen.text), 16),
      (TestKernel(text: packs[1] + f16.text), 16),
    ]
  }

  private func expected(_ a: [Float], _ b: [Float], _ d: [Float], k: Int) -> [Float] {
    var result = d
    for row in 0..<16 {
      for column in 0..<8 {
        for p in 0..<k { result[row * 8 + column] += a[row * k + p] * b[p * 8 + column] }
      }
    }
    return result
  }

  @Test(arguments: seeds) func productsOfDistinctNumbers(seed: UInt64) throws {
    for (kernel, k) in kernels() {
      let a = (0..<16 * k).map { Float($0 - 100) }
      let b = (0..<k * 8).map { Float(3 * $0 % 127 - 60) }
      let d = (0..<128).map { Float($0 * 7) }
      #expect(try kernel.run([a, b, d], seed: seed)[2] == expected(a, b, d, k: k))
    }
  }

  @Test func productsOfSingleOnes() throws {
    for (kernel, k) in kernels() {
      for index in 0..<16 * k {
        var a = [Float](repeating: 0, count: 16 * k)
        a[index] = 1
        let b = (0..<k * 8).map { Float($0 + 1) }
        let d = [Float](repeating: 0, count: 128)
        #expect(try kernel.run([a, b, d])[2] == expected(a, b, d, k: k))
      }
    }
  }

  @Test func tf32IsRoundedByTheKernelAndElseCutOff() throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y, float *z, float x) {
          unsigned a[4] = {0, 0, 0, 0}, b[2] = {0, 0}, raw[4] = {0, 0, 0, 0};
          float d[4] = {0, 0, 0, 0}, e[4] = {0, 0, 0, 0};
          if (THREAD == 0) {
            a[0] = to_tf32(x);
            raw[0] = __float_as_uint(x);
            b[0] = to_tf32(1.0f);
          }
          mma_tf32(d, a, b);
          mma_tf32(e, raw, b);
          if (THREAD == 0) { y[0] = d[0]; z[0] = e[0]; }
        }
        """)
    let ulp: Float = 0x1p-10
    let zeros: [[Float]] = [[0], [0]]
    for (x, rounded) in [
      (1 + ulp / 2, 1 + ulp), (1 + ulp * 0.49, 1), (1 + ulp * 1.75, 1 + 2 * ulp),
    ] {
      let inexact = try kernel.run(zeros, [.float(x)])
      #expect(inexact == [[rounded], [x < 1 + ulp ? 1 : 1 + ulp]])
      #expect(try kernel.run(zeros, [.float(x)], exact: true) == [[x], [x]])
    }
  }

  /// Row r of matrix j lies at 8 (8 j + r) and holds that number on.
  private func load(_ operation: String) -> TestKernel {
    TestKernel(
      text: """
        KERNEL void kernel(unsigned *y) {
          ARENA(arena);
          unsigned short *s = (unsigned short *)arena;
          for (int i = THREAD; i < 256; i += 32) s[i] = (unsigned short)i;
          BARRIER();
          unsigned r[4];
          \(operation)(r, s + 8 * THREAD);
          for (int j = 0; j < 4; j++) y[THREAD * 4 + j] = r[j];
        }
        """, sharedBytes: 512)
  }

  @Test(arguments: seeds) func matricesAreLoaded(seed: UInt64) throws {
    let zeros = [UInt32](repeating: 0, count: 128)
    let rows = (0..<128).map { i in
      let (thread, j) = (i / 4, i % 4)
      let low = UInt32(64 * j + 8 * (thread / 4) + 2 * (thread % 4))
      return low | (low + 1) << 16
    }
    let columns = (0..<128).map { i in
      let (thread, j) = (i / 4, i % 4)
      let low = UInt32(64 * j + 8 * (2 * (thread % 4)) + thread / 4)
      return low | (low + 8) << 16
    }
    #expect(try load("load_matrix_4").run([zeros], seed: seed)[0] == rows)
    #expect(try load("load_matrix_4_transposed").run([zeros], seed: seed)[0] == columns)
  }

  @Test func loadsOfMatricesAreChecked() throws {
    let zeros = [UInt32](repeating: 0, count: 128)
    let kernel = load("load_matrix_4")
    for (old, new, words) in [
      ("s + 8 * THREAD", "s + 8 * THREAD + 1", "no multiple of 16"),
      ("s + 8 * THREAD", "s + 8 * THREAD + 8", "at byte 512 of 512 bytes of shared memory"),
      ("s + 8 * THREAD", "y", "that is not in shared memory"),
      ("BARRIER();", "", "race on shared word"),
    ] {
      let text = try kernel.replacing(old, by: new).failure([zeros])
      #expect(text.contains(words), "\(text)")
    }
  }

  /// Number c of row r of matrix j is 64 j + 8 r + c, and lane t brings two of column t / 4.
  private let store = TestKernel(
    text: """
      KERNEL void kernel(unsigned *y) {
        ARENA(arena);
        unsigned short *s = (unsigned short *)arena;
        unsigned r[4];
        for (int j = 0; j < 4; j++) {
          unsigned low = 64 * j + THREAD % 4 * 16 + THREAD / 4;
          r[j] = low | (low + 8) << 16;
        }
        store_matrix_4_transposed(s + 8 * THREAD, r);
        BARRIER();
        for (int i = THREAD; i < 256; i += 32) y[i] = s[i];
      }
      """, sharedBytes: 512)

  @Test(arguments: seeds) func matricesAreStored(seed: UInt64) throws {
    let zeros = [UInt32](repeating: 0, count: 256)
    #expect(try store.run([zeros], seed: seed)[0] == Array(0..<256))
    #expect(try store.run([zeros], seed: seed, checking: false)[0] == Array(0..<256))
  }

  @Test func storesOfMatricesAreChecked() throws {
    for (old, new, words) in [
      ("s + 8 * THREAD", "s + 8 * THREAD + 1", "no multiple of 16"),
      ("s + 8 * THREAD", "s + 8 * THREAD + 8", "at byte 512 of 512 bytes of shared memory"),
      ("s + 8 * THREAD", "y", "stores a row that is not in shared memory"),
      ("s + 8 * THREAD", "s + 8 * (THREAD / 2)", "race on shared word"),
      ("BARRIER();", "", "race on shared word"),
      ("store_matrix", "if (THREAD) store_matrix", "31 wait at the warp's operation"),
    ] {
      let text = try store.replacing(old, by: new).failure([[UInt32](repeating: 0, count: 256)])
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test(arguments: seeds) func lanesExchange(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          float sum = y[THREAD];
          for (int i = 16; i > 0; i /= 2) sum += shuffle_xor(sum, i);
          y[THREAD] = sum + shuffle_xor((float)(THREAD % 32), 3);
        }
        """, threads: 64)
    let sums = (0..<64).map { (i: Int) -> Float in (i < 32 ? 496 : 1520) + Float(i % 32 ^ 3) }
    #expect(try kernel.run([counting(64)], seed: seed)[0] == sums)
  }

  @Test(arguments: seeds) func lanesThatDoNotMeet(seed: UInt64) throws {
    let kernel = TestKernel(
      text: """
        KERNEL void kernel(float *y) {
          float x;
          if (THREAD < 8) x = shuffle_xor(1.0f, 1);
          else x = shuffle_xor(2.0f, 1);
          y[THREAD] = x;
        }
        """)
    let lines = try kernel.failure([counting(32)], seed: seed)
    #expect(lines.contains("lanes of warp 0 do not meet"))
    #expect(lines.contains("`if (THREAD < 8) x = shuffle_xor(1.0f, 1);`"))
    #expect(lines.contains("`else x = shuffle_xor(2.0f, 1);`"))
    let ended = try kernel.replacing("else x = shuffle_xor(2.0f, 1);", by: "else return;")
      .failure([counting(32)], seed: seed)
    #expect(ended.contains("8 wait at the warp's operation of line"))
    #expect(ended.contains("24 have ended"))
    let waiting = try kernel.replacing("else x = shuffle_xor(2.0f, 1);", by: "else BARRIER();")
      .failure([counting(32)], seed: seed)
    #expect(waiting.contains("24 wait at the barrier of line"))
  }

  @Test func aWarpIsWhole() throws {
    var kernel = TestKernel(
      text: "KERNEL void kernel(float *y) { y[THREAD] = shuffle_xor(1.0f, 1); }")
    kernel.threads = 48
    #expect(try kernel.failure([counting(48)]).contains("warp 1 has 16 lanes"))
  }
}
