extension Suite {
  /// An hour: the paper's experiments on recall, and those on state tracking, at sizes that two cores can do.
  public static let recall = Suite(
    name: "recall", experiments: widths + pairs + mad + stateTracking, seedCount: 3, claims: [])

  /// MQAR over the models' widths, without convolutions and with them.
  private static let widths = [
    (Mixer.deltaNet, false), (.linearAttention, false), (.gatedLinearAttention, false),
    (.softmaxAttention, false), (.globalHybrid, false), (.deltaNet, true),
    (.linearAttention, true),
  ].flatMap { mixer, convolution in
    [16, 32, 64, 128].map { width in
      Experiment(
        "mqar-width", row: mixer.rawValue + (convolution ? ", conv" : ""), column: "d=\(width)",
        .recall(
          "mqar:vocabulary=32:length=16:pairs=4", mixer, width: width, convolution: convolution,
          steps: 800))
    }
  }

  /// MQAR over the pairs, with convolutions.
  private static let pairs = [
    Mixer.deltaNet, .linearAttention, .softmaxAttention,
  ].flatMap { mixer in
    [8, 16, 32].map { pairs in
      Experiment(
        "mqar-pairs", row: mixer.rawValue + (mixer == .softmaxAttention ? "" : ", conv"),
        column: "\(pairs) pairs",
        .recall(
          "mqar:vocabulary=128:length=\(4 * pairs):pairs=\(pairs)", mixer, width: 32,
          convolution: true, batchSize: 128, steps: 800))
    }
  }

  /// The paper's table 1 with its numbers: MAD, where softmax attention is the Transformer.
  private static let mad = [
    (Mixer.deltaNet, [42.2, 35.7, 100, 52.8, 100, 100]),
    (.linearAttention, []),
    (.softmaxAttention, [51.6, 29.8, 94.1, 85.2, 86.8, 99.6]),
    (.slidingWindowHybrid, []),
  ].flatMap { mixer, published in
    [
      "compression", "fuzzy-recall", "in-context-recall", "memorization", "noisy-recall",
      "selective-copying",
    ].enumerated().map { index, task in
      var plan = TrainingPlan(
        mixer.configuration(width: 64, layers: 2, heads: 2, innerSize: 128, convolution: true),
        task, batchSize: 32)
      plan.steps = 500
      return Experiment(
        "mad", row: mixer.rawValue, column: task,
        published: published.isEmpty ? nil : published[index], plan)
    }
  }

  /// Learnt on 32 tokens, judged on 128.
  private static let stateTracking = [
    Mixer.deltaNet, .negativeDeltaNet, .softmaxAttention,
  ].flatMap { mixer in
    [("parity", "parity"), ("S3", "permutations:swaps-only=1")].map { name, task in
      var plan = TrainingPlan(
        mixer.configuration(width: 32, layers: 1, heads: 2, innerSize: 0, convolution: false),
        "\(task):length=32", batchSize: 64, evaluation: "\(task):length=128")
      plan.steps = 1500
      plan.learningRate = 5e-3
      return Experiment("state-tracking", row: mixer.rawValue, column: name, plan)
    }
  }
}
