#if MPI
  internal import Algebra
  internal import DeltaRule

  /// Measures what ``LinkModel`` asks of links and ranks. All ranks must make the same calls.
  struct LinkMeter {
    let world: World
    let ranks: MPICommunicator<Float>

    init(world: World) {
      self.world = world
      ranks = world.ranks(sending: Float.self)
    }

    /// Waits until all ranks have come here.
    func meet() throws { try ranks.agree(on: []) }

    /// Of each number the greatest that a rank has.
    func greatest(_ numbers: [Double]) throws -> [Double] {
      let all = try everyRanks(numbers)
      return numbers.indices.map { place in all.map { $0[place] }.max() ?? 0 }
    }

    /// Seconds and bytes a second, from messages of one number and of 1 MiB between rank 0 and rank 1; medians.
    func link(rounds: Int) throws -> (latency: Double, bandwidth: Double) {
      let large = 1 << 18
      let latency = try oneWay(numbers: 1, rounds: rounds)
      let seconds = try oneWay(numbers: large, rounds: rounds / 10)
      return (latency, Double(large * MemoryLayout<Float>.size) / (seconds - latency))
    }

    /// Half of the seconds from rank 0 to rank 1 and back.
    private func oneWay(numbers: Int, rounds: Int) throws -> Double {
      let message = Matrix<Float>.zero(1, numbers)
      try meet()
      var seconds: [Double] = []
      for _ in 0...rounds {
        let start = ContinuousClock.now
        switch ranks.rank {
        case 0:
          try ranks.send(message)
          _ = try ranks.reversed.receive(rows: 1, columns: numbers)
        case 1:
          _ = try ranks.receive(rows: 1, columns: numbers)
          try ranks.reversed.send(message)
        default: break
        }
        seconds.append((ContinuousClock.now - start) / .seconds(2))
      }
      // The first message finds no connection.
      return try everyRanks([seconds.dropFirst().sorted()[rounds / 2]])[0][0]
    }

    /// Operations a second of a rank that joins transitions as the scan does, while all ranks do so.
    func joins(of transition: Transition<Float>) throws -> Double {
      let (dk, dv) = (transition.B.rows, transition.B.columns)
      let datatype = try TransitionDatatype(
        keyDimension: dk, valueDimension: dv, of: Float.datatype)
      let (earlier, later) = (Buffer<Float>(dk * (dk + dv)), Buffer<Float>(dk * (dk + dv)))
      transition.write(to: earlier.start)
      transition.write(to: later.start)
      var (one, handle) = (Int32(1), datatype.handle)
      return try rate(of: 2 * dk * dk * (dk + dv)) {
        Float.join(earlier.start, later.start, &one, &handle)
      }
    }

    /// Operations a second of a rank that applies transitions to states, while all ranks do so.
    func steps(of transition: Transition<Float>) throws -> Double {
      let (dk, dv) = (transition.B.rows, transition.B.columns)
      var state = Matrix<Float>.zero(dk, dv)
      return try rate(of: 2 * dk * dk * dv) { state = transition.leaving(state) }
    }

    /// Operations a second, on average over the ranks.
    private func rate(of operations: Int, _ work: () -> Void) throws -> Double {
      try meet()
      let start = ContinuousClock.now
      var (count, elapsed) = (0, Duration.zero)
      while elapsed < .milliseconds(300) {
        work()
        count += 1
        elapsed = ContinuousClock.now - start
      }
      let rates = try everyRanks([Double(count * operations) / (elapsed / .seconds(1))])
      return rates.map { $0[0] }.reduce(0, +) / Double(rates.count)
    }

    /// What each rank has, in their order.
    private func everyRanks(_ numbers: [Double]) throws -> [[Double]] {
      try world.allGather(numbers.withUnsafeBytes(Array.init)).map { bytes in
        bytes.withUnsafeBytes { Array($0.assumingMemoryBound(to: Double.self)) }
      }
    }
  }
#endif
