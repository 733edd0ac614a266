#if MPI
  import Foundation
  import ProgramRuns
  import Testing

  /// `deltanet-verify ranks` as its users run it.
  @Suite("deltanet-verify ranks", .serialized)
  struct RanksTests {
    /// - Parameter options: of each of `count` ranks.
    private func run(_ count: Int, _ options: String...) throws -> RankedRun {
      try RankedRun([(count, ["ranks"] + options)])
    }

    @Test(arguments: [1, 2, 3, 4, 7])
    func holdsOnRanks(_ count: Int) throws {
      let run = try run(count, "--seed", "\(count)", "--cases", "2", "--time-limit", "600")
        .finished()
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("everything holds"))
      #expect(run.output.contains("on \(count) rank"))
    }

    @Test(arguments: ["12,0,7", "0,0,0", "1,30,2"])
    func holdsForShapesThatAreGiven(_ lengths: String) throws {
      let run = try run(
        3, "--lengths", lengths, "--heads", "4", "--key-heads", "2", "--widths", "5x3", "--cases",
        "3",
        "--time-limit", "600"
      ).finished()
      #expect(run.status == 0, "\(run.errors)")
    }

    @Test
    func replaysACase() throws {
      let replay = "SP.ranks/ring@Double on 2:3.9.0.4"
      let run = try run(2, "--replay", replay, "--time-limit", "600").finished()
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == "SP.ranks/ring@Double on 2 holds\n")
      #expect(try self.run(3, "--replay", replay).finished().status == 64)
    }

    @Test(arguments: [("--widths", "5x3", "6x3"), ("--seed", "1", "2"), ("--cases", "1", "2")])
    func refusesRanksThatWereToldDifferentThings(
      _ option: String, _ first: String, _ second: String
    ) throws {
      let run = try RankedRun([(1, ["ranks", option, first]), (1, ["ranks", option, second])])
        .finished()
      #expect(run.status == 2)
      #expect(run.output == "")
      for rank in 0...1 {
        let line =
          "deltanet-verify: rank \(rank): \(option) is \(first) on rank 0 and \(second) on rank 1; "
          + "it must be the same on all\n"
        #expect(run.errors.contains(line), "\(run.errors)")
      }
    }

    @Test(arguments: [
      ["--lengths", "1,2,3"], ["--lengths", "1,-2"], ["--heads", "3", "--key-heads", "2"],
      ["--widths", "0x3"], ["--widths", "3"], ["--time-limit", "0"],
      ["--lengths", "9223372036854775807,1"], ["--heads", "9223372036854775807"],
      ["--widths", "1000000x1"],
    ])
    func refusesBadUsage(_ options: [String]) throws {
      #expect(try RankedRun([(2, ["ranks"] + options)]).finished().status == 64)
    }

    @Test
    func endsWhenARankIsKilled() throws {
      let run = try run(3, "--cases", "1000000")
      try run.signal(SIGKILL, rank: 1)
      #expect(try run.finished().status != 0)
      #expect(run.ranks.isEmpty)
    }

    @Test
    func endsWhenARankStops() throws {
      let run = try run(3, "--cases", "1000000", "--time-limit", "20")
      try run.signal(SIGSTOP, rank: 1)
      let end = try run.finished()
      #expect(end.status == 2)
      #expect(end.saysThatARankIsLate(20), "\(end.errors)")
      #expect(run.ranks.isEmpty)
    }
  }

  /// Hands on an environment in which programs round upwards.
  private func withUpwardRounding(_ body: ([String: String]) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (source, library) = (
      folder.appending(path: "upward.c"), folder.appending(path: "upward.so")
    )
    try "#include <fenv.h>\n__attribute__((constructor)) void up(void) { fesetround(FE_UPWARD); }\n"
      .write(to: source, atomically: true, encoding: .utf8)
    let compiler = try Process.run(
      URL(filePath: "/usr/bin/env"),
      arguments: ["cc", "-shared", "-fPIC", source.path, "-lm", "-o", library.path])
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    try body(["LD_PRELOAD": library.path])
  }

  /// The laws, whose cases ranks share.
  @Suite("deltanet-verify on ranks", .serialized)
  struct JobOfRanksTests {
    private let run = ["--seed", "7", "--cases", "20", "--only", "UT"]

    @Test(arguments: [1, 2, 3, 4])
    func sameBytesForAnyNumberOfRanks(_ count: Int) throws {
      let alone = try ProgramRun("deltanet-verify", run)
      let together = try RankedRun([(count, run)]).finished()
      #expect(together.status == 0, "\(together.errors)")
      #expect(together.output == alone.output)
    }

    @Test
    func refusesRanksThatWereToldDifferentThings() throws {
      let end = try RankedRun([(1, run), (1, ["--seed", "8", "--cases", "20", "--only", "UT"])])
        .finished()
      #expect(end.status == 2)
      #expect(end.output == "")
      #expect(end.errors.contains("rank 1: its seed is '8', and not '7'"), "\(end.errors)")
      #expect(end.errors.contains("rank 0: its seed is '7', and not '8'"), "\(end.errors)")
    }

    /// Arithmetic that rounds upwards breaks the laws about rounding errors: what fails is told once, and whole.
    @Test
    func aFailureIsToldOnce() throws {
      try withUpwardRounding { environment in
        let failing = ["--seed", "4", "--cases", "10", "--only", "SP.error"]
        let alone = try ProgramRun("deltanet-verify", failing, environment: environment)
        #expect(alone.status == 1)
        for count in [2, 3, 5] {
          let together = try RankedRun([(count, failing)], environment: environment).finished()
          #expect(together.status == 1)
          #expect(together.output == alone.output)
        }
      }
    }

    /// Each process of a job may be given its part.
    @Test
    func whatIsGivenIsNotShared() throws {
      let end = try RankedRun([(2, run + ["--shard", "1/2", "--json", "/dev/null"])]).finished()
      #expect(end.status == 0, "\(end.errors)")
      #expect(end.output.split(separator: "\n").count { $0.hasPrefix("seed 7, shard 1/2: ") } == 2)
      let replay = try RankedRun([(2, ["--replay", "EQ/chunkwise:2.3"])]).finished()
      #expect(replay.status == 64)
    }

    @Test
    func endsWhenARankStops() throws {
      let run = try RankedRun([(3, ["--cases", "100000", "--only", "UT", "--time-limit", "20"])])
      try run.signal(SIGSTOP, rank: 1)
      let end = try run.finished()
      #expect(end.status == 2)
      #expect(end.saysThatARankIsLate(20), "\(end.errors)")
      #expect(run.ranks.isEmpty)
    }

    @Test
    func endsWhenARankIsKilled() throws {
      let run = try RankedRun([(3, ["--cases", "100000"])])
      try run.signal(SIGKILL, rank: 2)
      #expect(try run.finished().status != 0)
      #expect(run.ranks.isEmpty)
    }
  }
#else
  import Testing

  /// There are no ranks to test without the package trait `MPI`.
  @Suite("deltanet-verify ranks")
  struct RanksTests {}
#endif
