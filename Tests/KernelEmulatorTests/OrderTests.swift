import PropertyTesting
import Testing

/// Races of generated programs: those that the definition of order has, and no others, in whatever order threads run.
struct OrderTests {
  private let interpreter = TestKernel(
    text: """
      KERNEL void kernel(const int *program, const int *starts, int *y) {
        ARENA(arena);
        int *s = (int *)arena, warp = THREAD / 32, lane = THREAD % 32, sum = 0;
        for (int i = starts[warp]; i < starts[warp + 1]; i++) {
          int a = program[3 * i + 1], b = program[3 * i + 2];
          switch (program[3 * i]) {
          case 0: if (lane == a) sum += s[b]; break;
          case 1: if (lane == a) s[b] = i; break;
          case 2: BARRIER(); break;
          case 3: WARP_BARRIER(); break;
          case 4: if (b) AWAIT(a, 64); else ARRIVE(a, 64); break;
          case 5: if (b) AWAIT(a, 96); else ARRIVE(a, 96); break;
          }
        }
        y[THREAD] = sum;
      }
      """, threads: Program.warps * 32)

  @Test(arguments: seeds) func racesAreFoundAndNoOthers(seed: UInt64) throws {
    var generator = Xoshiro256(seed: seed)
    var racy = 0
    for _ in 0..<200 {
      let program = Program(using: &generator)
      let sum = [Int32](repeating: 0, count: Program.warps * 32)
      let text = try interpreter.failure([program.operations, program.starts, sum], seed: seed)
      #expect(text.contains("race on shared word") == program.hasRace, "\(program) \(text)")
      if program.hasRace { racy += 1 }
    }
    #expect((20..<180).contains(racy), "\(racy)")
  }
}

/// What warps do, each on its own, to a few numbers.
private struct Program {
  static let warps = 4
  private static let lanes = 3

  private var steps = [[Int32]](repeating: [], count: warps)
  /// Of every thread, how many of each thread's accesses are ordered before its next.
  private var known = [[Int]](
    repeating: [Int](repeating: 0, count: warps * lanes), count: warps * lanes)
  private var accesses: [(thread: Int, number: Int, place: Int32, writes: Bool)] = []
  private var counts = [Int](repeating: 0, count: warps * lanes)
  private(set) var hasRace = false

  /// All steps in one order, which no warp has to wait for long in.
  init(using generator: inout Xoshiro256) {
    let places = Int32.random(in: 2...8, using: &generator)
    let writes = Int.random(in: 5...30, using: &generator)
    var names = [Int32](1...15)
    for _ in 0..<Int.random(in: 5...30, using: &generator) {
      let warp = Int.random(in: 0..<Self.warps, using: &generator)
      switch Int.random(in: 0..<100, using: &generator) {
      case 0..<50:
        access(
          warp, Int.random(in: 0..<Self.lanes, using: &generator),
          Int32.random(in: 0..<places, using: &generator),
          writes: Int.random(in: 0..<100, using: &generator) < writes)
      case 50..<65: meet([(warp, true)], [3, 0, 0])
      case 65..<70: meet((0..<Self.warps).map { ($0, true) }, [2, 0, 0])
      default:
        guard let name = names.popLast() else { continue }
        let chosen = (0..<Self.warps).shuffled(using: &generator)
          .prefix(Int.random(in: 2...3, using: &generator))
        let waiting = chosen.dropFirst().map { ($0, Bool.random(using: &generator)) }
        meet([(chosen[0], true)] + waiting, [chosen.count == 2 ? 4 : 5, name])
      }
    }
  }

  var operations: [Int32] { steps.flatMap(\.self) + [6, 0, 0] }

  /// Where each warp's begin.
  var starts: [Int32] {
    steps.reduce(into: [0]) { $0.append($0.last! + Int32($1.count / 3)) }
  }

  private mutating func access(_ warp: Int, _ lane: Int, _ place: Int32, writes: Bool) {
    let thread = warp * Self.lanes + lane
    for other in accesses where other.place == place && (writes || other.writes) {
      if other.thread != thread && known[thread][other.thread] <= other.number { hasRace = true }
    }
    accesses.append((thread, counts[thread], place, writes))
    counts[thread] += 1
    steps[warp] += [writes ? 1 : 0, Int32(lane), place]
  }

  /// Warps come to a barrier: what all of them knew and did, those that wait know.
  private mutating func meet(_ warps: [(number: Int, waits: Bool)], _ step: [Int32]) {
    var all = [Int](repeating: 0, count: counts.count)
    for warp in warps {
      for thread in warp.number * Self.lanes..<(warp.number + 1) * Self.lanes {
        all = zip(all, known[thread]).map(max)
        all[thread] = counts[thread]
      }
    }
    for warp in warps {
      steps[warp.number] += step.count == 3 ? step : step + [warp.waits ? 1 : 0]
      guard warp.waits else { continue }
      for thread in warp.number * Self.lanes..<(warp.number + 1) * Self.lanes {
        known[thread] = zip(all, known[thread]).map(max)
      }
    }
  }
}
