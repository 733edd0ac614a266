/// What mixes the tokens of a model that is compared with others: all have the same blocks, and projections of the same sizes.
public enum Mixer: String, CaseIterable, Sendable {
  case deltaNet = "deltanet"
  /// β up to 2.
  case negativeDeltaNet = "deltanet-negative"
  /// The delta rule off: u = v.
  case linearAttention = "linear-attention"
  case gatedLinearAttention = "gated-linear-attention"
  case softmaxAttention = "softmax-attention"
  /// Every second layer attends within a window.
  case slidingWindowHybrid = "sliding-window-hybrid"
  /// The second layer, and the one behind the middle, attend to all tokens.
  case globalHybrid = "global-hybrid"

  /// A model of it.
  ///
  /// - Parameters:
  ///   - convolution: whether queries, keys and values are convolved, where they are not of softmax attention.
  ///   - window: the tokens that the sliding window shows.
  public func configuration(
    width: Int, layers: Int, heads: Int, innerSize: Int, convolution: Bool, window: Int = 32
  ) -> Configuration {
    var configuration = Configuration()
    configuration.hiddenSize = width
    configuration.layerCount = layers
    configuration.headCount = heads
    configuration.intermediateSize = innerSize
    configuration.usesShortConvolution = convolution
    // Small models learn sooner from larger weights than those of FLA's, which are for thousands of numbers a token.
    configuration.initializerRange = 0.05
    switch self {
    case .deltaNet: return configuration
    case .negativeDeltaNet: configuration.allowsNegativeEigenvalues = true
    case .linearAttention: configuration.memory = .linear
    case .gatedLinearAttention: configuration.memory = .gatedLinear
    case .softmaxAttention:
      configuration.attention = [
        Configuration.AttentionLayers(
          layers: Array(configuration.layerIndices), headCount: heads)
      ]
    case .slidingWindowHybrid: return configuration.withSlidingWindows(of: window)
    case .globalHybrid: return configuration.withGlobalAttention()
    }
    return configuration
  }
}
