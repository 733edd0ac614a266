/// How long a configuration took.
public struct BenchmarkMeasurement: Equatable, Sendable {
  public let configuration: BenchmarkConfiguration
  /// Nanoseconds a token and head.
  public let nanoseconds: Samples
  /// How fast numbers are read and written, in GB/s, when they are as many as those of the states; of a decoding step.
  public let bandwidth: Double?

  /// - Parameter seconds: of whole passes.
  public init(_ configuration: BenchmarkConfiguration, seconds: [Double], bandwidth: Double? = nil)
  {
    self.configuration = configuration
    nanoseconds = Samples(seconds.map { $0 * 1e9 / configuration.shape.tokensAndHeads })
    self.bandwidth = bandwidth
  }

  /// GFLOP/s, counting the fewest operations that the pass takes; at the minimum.
  public var rate: Double {
    configuration.operations / configuration.shape.tokensAndHeads / nanoseconds.minimum
  }

  /// How much of the bandwidth the inputs, outputs and states take, in percent; of a decoding step.
  public var percentOfBandwidth: Double? {
    bandwidth.map {
      100 * configuration.bytes / configuration.shape.tokensAndHeads / nanoseconds.minimum / $0
    }
  }
}
