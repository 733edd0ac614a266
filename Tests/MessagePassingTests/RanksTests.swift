#if MPI
  import Glibc
  import Testing

  /// `deltanet-verify ranks` as its users run it.
  @Suite("deltanet-verify ranks", .serialized)
  struct RanksTests {
    @Test(arguments: [1, 2, 3, 4, 7])
    func holdsOnRanks(_ count: Int) throws {
      let run = try RankedRun([(count, ["--seed", "\(count)", "--cases", "2"])]).finished()
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("everything holds"))
      #expect(run.output.contains("on \(count) rank"))
    }

    @Test(arguments: ["12,0,7", "0,0,0", "1,30,2"])
    func holdsForShapesThatAreGiven(_ lengths: String) throws {
      let run = try RankedRun([
        (
          3,
          [
            "--lengths", lengths, "--heads", "4", "--key-heads", "2", "--widths", "5x3",
            "--cases", "3",
          ]
        )
      ]).finished()
      #expect(run.status == 0, "\(run.errors)")
    }

    @Test
    func replaysACase() throws {
      let run = try RankedRun([(2, ["--replay", "SP.ranks/ring@Double on 2:3.9.0.4"])]).finished()
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == "SP.ranks/ring@Double on 2 holds\n")
      let other = try RankedRun([(3, ["--replay", "SP.ranks/ring@Double on 2:3.9.0.4"])]).finished()
      #expect(other.status == 64)
    }

    @Test(arguments: [("--widths", "5x3", "6x3"), ("--seed", "1", "2"), ("--cases", "1", "2")])
    func refusesRanksThatWereToldDifferentThings(
      _ option: String, _ first: String, _ second: String
    ) throws {
      let run = try RankedRun([(1, [option, first]), (1, [option, second])]).finished()
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
    ])
    func refusesBadUsage(_ options: [String]) throws {
      #expect(try RankedRun([(2, options)]).finished().status == 64)
    }

    @Test
    func endsWhenARankIsKilled() throws {
      let run = try RankedRun([(3, ["--cases", "1000000"])])
      try run.signal(SIGKILL, rank: 1)
      #expect(try run.finished().status != 0)
      #expect(run.ranks.isEmpty)
    }

    @Test
    func endsWhenARankStops() throws {
      let run = try RankedRun([(3, ["--cases", "1000000", "--time-limit", "5"])])
      try run.signal(SIGSTOP, rank: 1)
      let end = try run.finished()
      #expect(end.status == 2)
      #expect(end.errors.contains("did not end within 5.0 seconds"), "\(end.errors)")
      #expect(run.ranks.isEmpty)
    }
  }
#else
  import Testing

  /// There are no ranks to test without the package trait `MPI`.
  @Suite("deltanet-verify ranks")
  struct RanksTests {}
#endif
