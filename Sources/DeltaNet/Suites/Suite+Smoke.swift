extension Suite {
  /// Two minutes: without convolutions, recall of four pairs needs a memory that is corrected. A layer has to bring keys and values
  /// together, which follow each other; DeltaNet overwrites a place with the last key, linear attention adds all keys up.
  public static let smoke = Suite(
    name: "smoke",
    experiments: [Mixer.deltaNet, .linearAttention].map { mixer in
      Experiment(
        "mqar", row: mixer.rawValue, column: "4 pairs",
        .recall("mqar:vocabulary=32:length=16:pairs=4", mixer, width: 64, steps: 600))
    }, seedCount: 2,
    claims: [
      Claim(row: Mixer.deltaNet.rawValue, demand: .atLeast(95)),
      Claim(row: Mixer.linearAttention.rawValue, demand: .below(60)),
    ])
}

extension TrainingPlan {
  /// Recall in context by two layers without a SwiGLU, two heads each. Wider ones learn slower.
  static func recall(
    _ task: String, _ mixer: Mixer, width: Int, convolution: Bool = false, batchSize: Int = 256,
    steps: Int
  ) -> TrainingPlan {
    var plan = TrainingPlan(
      mixer.configuration(
        width: width, layers: 2, heads: 2, innerSize: 0, convolution: convolution), task,
      batchSize: batchSize)
    plan.steps = steps
    plan.learningRate = 0.024 / Double(width).squareRoot()
    plan.stopsAt = 0.99
    return plan
  }

  /// A plan of a suite's.
  init(
    _ configuration: Configuration, _ task: String, batchSize: Int, evaluation: String? = nil
  ) {
    do {
      self = try TrainingPlan(
        configuration, parts: [Part(TaskSpecification(task), batchSize: batchSize)],
        evaluations: evaluation.map { [try TaskSpecification($0)] })
    } catch {
      preconditionFailure("\(task): \(error)")
    }
  }
}
