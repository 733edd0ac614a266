#if MPI
  internal import Algebra
  public import DeltaRule

  /// Times exchanges between ranks of MPI, of numbers of 32 bits, beside what ``LinkModel`` makes of their links.
  ///
  /// Latency and bandwidth are those between rank 0 and rank 1; operations are counted while all ranks compute. Of ring attention
  /// only the messages are timed.
  public struct LinkBenchmark: Sendable {
    public let shapes: [BatchShape]
    /// How often everything is timed, after once that is not.
    public let rounds: Int
    /// Where bytes are counted.
    public let interface: NetworkInterface?

    /// - Parameters:
    ///   - shapes: with one β a token. Of those without tokens, ring attention is not timed.
    ///   - rounds: at least 1.
    public init(shapes: [BatchShape], rounds: Int, interface: NetworkInterface? = nil) {
      self.shapes = shapes
      self.rounds = rounds
      self.interface = interface
    }

    public struct Outcome: Sendable, Encodable {
      public let ranks: Int
      /// Seconds.
      public let latency: Double
      /// Bytes a second.
      public let bandwidth: Double
      public let measurements: [Measurement]
    }

    /// One exchange of one shape.
    public struct Measurement: Sendable, Encodable {
      public let exchange: String
      public let heads: Int
      public let keyDimension: Int
      public let valueDimension: Int
      public let tokens: Int
      /// Additions and multiplications a second of one rank; none where only messages are timed.
      public let operations: Double?
      /// Seconds, by the model.
      public let predicted: Double
      /// Seconds of each round, of the rank that took longest.
      public let seconds: [Double]
      /// The bytes that a rank sends at most, by the model.
      public let sent: Double
      /// Those that left through the interface in each round, of the rank that sent most: with headers and acknowledgements, and
      /// with what lets the ranks begin and end together.
      public let counted: [Double]?
    }

    /// Measures; all ranks must take part.
    ///
    /// - Returns: the same on every rank.
    /// - Throws: ``UnequalResults`` where two exchanges do not give the same states; ``UnknownInterface``; what MPI throws.
    /// - Precondition: there are two ranks or more.
    public func run(on world: World) throws -> Outcome {
      precondition(world.count > 1, "one rank has no links")
      let meter = LinkMeter(world: world)
      let (latency, bandwidth) = try meter.link(rounds: 10 * rounds)
      let measurements = try shapes.flatMap { shape in
        let contenders = try contenders(for: shape, meter)
        return zip(contenders, try samples(of: contenders, meter)).map { contender, samples in
          let model = LinkModel(
            latency: latency, bandwidth: bandwidth, operations: contender.operations ?? .infinity)
          let load = contender.exchange.load(
            of: shape, ranks: world.count, bytes: MemoryLayout<Float>.size)
          return Measurement(
            exchange: contender.exchange.rawValue, heads: shape.heads,
            keyDimension: shape.keyDimension, valueDimension: shape.valueDimension,
            tokens: shape.length, operations: contender.operations,
            predicted: model.seconds(for: load), seconds: samples.seconds, sent: load.sent,
            counted: interface == nil ? nil : samples.bytes)
        }
      }
      return Outcome(
        ranks: world.count, latency: latency, bandwidth: bandwidth, measurements: measurements)
    }

    /// An exchange that takes its turn.
    private struct Contender {
      let exchange: Exchange
      let operations: Double?
      /// Gives the states that enter this rank; none where there are none.
      let run: () throws -> [Matrix<Float>]?
    }

    private func contenders(for shape: BatchShape, _ meter: LinkMeter) throws -> [Contender] {
      let ranks = meter.ranks
      let transition = Transition.example(shape.keyDimension, shape.valueDimension)
      let transitions = Array(repeating: transition, count: shape.batch * shape.heads)
      let steps = try meter.steps(of: transition)
      var contenders = [
        Contender(exchange: .scan, operations: try meter.joins(of: transition)) {
          try HandingOn.scan.statesEntering(transitions, on: ranks)
        },
        Contender(exchange: .ring, operations: steps) {
          try HandingOn.ring.statesEntering(transitions, on: ranks)
        },
        Contender(exchange: .allGather, operations: steps) {
          try ranks.statesEnteringByGathering(transitions)
        },
      ]
      if shape.length > 0 {
        let size =
          transitions.count * (shape.length / ranks.count)
          * (shape.keyDimension + shape.valueDimension)
        var (block, spare) = (Buffer<Float>(size), Buffer<Float>(size))
        for buffer in [block, spare] { buffer.fill(Array(repeating: 0, count: size)) }
        contenders.append(
          Contender(exchange: .ringAttention, operations: nil) {
            try ranks.passRound(&block, &spare)
            return nil
          })
      }
      return contenders
    }

    /// What each round took, the most of all ranks, for each of the contenders, which take turns.
    private func samples(
      of contenders: [Contender], _ meter: LinkMeter
    ) throws -> [(seconds: [Double], bytes: [Double])] {
      var samples = contenders.map { _ in (seconds: [Double](), bytes: [Double]()) }
      // In the first round connections are made.
      for round in 0...rounds {
        var expected: [Matrix<Float>]?
        for (place, contender) in contenders.enumerated() {
          try meter.meet()
          let before = try interface?.bytesSent() ?? 0
          let start = ContinuousClock.now
          let states = try contender.run()
          let seconds = (ContinuousClock.now - start) / .seconds(1)
          // What this rank sent has then arrived.
          try meter.meet()
          let bytes = try interface?.bytesSent() ?? 0
          expected = expected ?? states
          guard states == nil || states == expected else {
            throw UnequalResults(exchange: contender.exchange)
          }
          guard round > 0 else { continue }
          samples[place].seconds.append(seconds)
          samples[place].bytes.append(Double(bytes - before))
        }
      }
      return try samples.map {
        (try meter.greatest($0.seconds), try meter.greatest($0.bytes))
      }
    }
  }

  /// Exchanges that do not give the same states.
  public struct UnequalResults: Error, CustomStringConvertible {
    let exchange: Exchange

    public var description: String {
      "the \(exchange.rawValue) does not give the states that the scan gives: a defect"
    }
  }

  extension Transition<Float> {
    /// Moves each row to the next and adds one, which rounds nothing: every exchange gives the same states.
    fileprivate static func example(_ dk: Int, _ dv: Int) -> Transition {
      Transition(
        A: Matrix(dk, dk) { ($0 + 1) % dk == $1 ? 1 : 0 }, B: Matrix(dk, dv) { _, _ in 1 })
    }
  }
#endif
