import Foundation
import TensorFiles
import Testing

@testable import DeltaNet

@Suite struct TrainingTests {
  /// Two tasks with batches of their own sizes, a norm that does not decay, a convolution, an attention layer.
  private static func plan(seed: UInt64 = 3) throws -> TrainingPlan {
    var configuration = Mixer.globalHybrid.configuration(
      width: 16, layers: 2, heads: 2, innerSize: 8, convolution: true)
    configuration.convolutionHasBias = true
    var plan = try TrainingPlan(
      configuration,
      parts: [
        .init(TaskSpecification("mqar:vocabulary=16:length=16:pairs=4"), batchSize: 9),
        .init(TaskSpecification("parity:length=5"), batchSize: 20),
      ])
    plan.steps = 24
    plan.warmUp = 4
    plan.learningRate = 5e-3
    plan.evaluationInterval = 6
    plan.evaluationExamples = 20
    plan.trainingExamples = 50
    plan.seed = seed
    return plan
  }

  private static func finished(_ plan: TrainingPlan, threads: Int) throws -> TrainingRun {
    var run = try TrainingRun(plan)
    while !run.isFinished { try run.advance(threads: threads) }
    return run
  }

  /// The resume law: however often a run is interrupted, and with however many threads it goes on, the bits are the same.
  @Test(arguments: [[6], [6, 12, 18], [12, 24]])
  func interruptedRunsEndAsOthersDo(stops: [Int]) throws {
    let plan = try Self.plan()
    let whole = try Self.finished(plan, threads: 1)
    try withFolder { folder in
      for (index, stop) in (stops + [plan.steps]).enumerated() {
        var run = try TrainingRun(plan, inFolder: folder)
        #expect(run.step == (index == 0 ? 0 : stops[index - 1]))
        while run.step < stop {
          try run.advance(threads: 1 + index % 3)
          if run.records.last?.step == run.step { try run.save(inFolder: folder) }
        }
        // What was done since the checkpoint is lost, and done again.
        if stop < plan.steps { try run.advance(threads: 2) }
      }
      let last = try TrainingRun(plan, inFolder: folder)
      #expect(last.isFinished)
      #expect(last.numbers.map(\.bitPattern) == whole.numbers.map(\.bitPattern))
      #expect(last.optimizer == whole.optimizer)
      #expect(last.records == whole.records && last.tokens == whole.tokens)
      for (name, text) in [
        ("metrics.csv", whole.records.csv), ("metrics.jsonl", try whole.records.jsonLines()),
        ("plan.json", try plan.json()),
      ] {
        #expect(try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) == text)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
          == ["metrics.csv", "metrics.jsonl", "plan.json", "training.safetensors"])
    }
  }

  @Test func nothingDependsOnTheNumberOfThreads() throws {
    let one = try Self.finished(Self.plan(), threads: 1)
    let three = try Self.finished(Self.plan(), threads: 3)
    #expect(one.numbers == three.numbers)
    #expect(one.records == three.records)
    #expect(try Self.finished(Self.plan(seed: 4), threads: 1).numbers != one.numbers)
  }

  /// A batch cut into pieces has the loss and the gradient of the whole.
  @Test func piecesAddUpToTheBatch() throws {
    let model = try LanguageModel(Self.plan().configuration)
    let batch = try Self.plan().batch(ofStep: 0)
    let evaluation = try Evaluation(
      Weights(model.initialNumbers(Double.self, seed: 1)), threads: 1)
    let whole = try model.lossWithGradient(
      batch.tokens, sequences: batch.sequences, targets: batch.targets, evaluation)
    var (loss, gradient) = (0.0, whole.gradient.numbers.map { _ in 0.0 })
    for piece in batch.pieces(of: 2) {
      let part = try model.lossWithGradient(
        piece.tokens, sequences: piece.sequences, targets: piece.targets,
        share: Double(piece.questions) / Double(batch.questions), evaluation)
      loss += part.loss
      for i in gradient.indices { gradient[i] += part.gradient.numbers[i] }
    }
    #expect(abs(loss - whole.loss) < 1e-12)
    #expect(zip(gradient, whole.gradient.numbers).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// Each example once before any comes again, in another order then.
  @Test func limitedExamplesComeInTurn() throws {
    var plan = try Self.plan()
    plan.parts = [plan.parts[0]]
    plan.trainingExamples = 18
    let epochs = (0..<3).map { epoch in
      (0..<2).flatMap { Self.tokens(plan.batch(ofStep: 2 * epoch + $0)) }
    }
    #expect(Set(epochs[0]).count == 18)
    for epoch in epochs[1...] {
      #expect(Set(epoch) == Set(epochs[0]))
      #expect(epoch != epochs[0])
    }
    plan.trainingExamples = nil
    #expect(Set((0..<4).flatMap { Self.tokens(plan.batch(ofStep: $0)) }).count == 36)
  }

  @Test(arguments: [1, 2, 3, 18, 1000]) func ordersArePermutations(count: Int) {
    let orders = (0..<4 as Range<UInt64>).map { seed in
      (0..<count).map { permuted($0, below: count, seed: seed) }
    }
    #expect(orders.allSatisfy { $0.sorted() == Array(0..<count) })
    if count > 10 { #expect(Set(orders).count == 4) }
  }

  private static func tokens(_ batch: TaskBatch) -> [[Int]] { batch.examples.map(\.tokens) }

  /// The definition, number by number, in double precision.
  @Test func adamWIsItsDefinition() throws {
    let model = try LanguageModel(Self.plan().configuration)
    var settings = AdamW.Settings()
    settings.weightDecay = 0.3
    settings.longestGradient = 2
    var optimizer = AdamW(settings, parameterCount: model.parameterCount)
    var numbers: [Float] = model.initialNumbers(seed: 2)
    var w = numbers.map(Double.init)
    var m = w.map { _ in 0.0 }
    var v = m
    for step in 1...5 {
      var gradient = ParameterGradient<Float>(for: model)
      for i in numbers.indices {
        gradient.numbers[i] = Float(sin(Double(i * step))) * (step == 3 ? 1e-4 : 1)
      }
      // Two halves, as of two pieces.
      var half = gradient
      for i in numbers.indices { half.numbers[i] /= 2 }
      let length = optimizer.update(
        &numbers, of: model, with: [half, half], rate: 0.01, threads: 1 + step % 2)
      let own = gradient.numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(length - own) < 1e-5 * own)
      for parameter in model.parameters {
        let decay = parameter.shape.count == 2 ? 0.3 : 0
        for i in parameter.range {
          let g = Double(gradient.numbers[i]) * min(1, 2 / own)
          m[i] = 0.9 * m[i] + 0.1 * g
          v[i] = 0.999 * v[i] + 0.001 * g * g
          let (first, second) = (
            m[i] / (1 - pow(0.9, Double(step))), v[i] / (1 - pow(0.999, Double(step)))
          )
          w[i] -= 0.01 * (first / (second.squareRoot() + 1e-8) + decay * w[i])
        }
      }
      #expect(zip(numbers, w).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
  }

  @Test func matricesDecayAndNothingElse() throws {
    let names = try LanguageModel(Self.plan().configuration).parameters.filter { !$0.decays }
    #expect(
      Set(names.map { $0.name.split(separator: ".").suffix(2).joined(separator: ".") }) == [
        "attn_norm.weight", "mlp_norm.weight", "norm.weight", "o_norm.weight", "q_conv1d.weight",
        "q_conv1d.bias", "k_conv1d.weight", "k_conv1d.bias", "v_conv1d.weight", "v_conv1d.bias",
      ])
  }

  @Test func theLearningRateGoesUpAndThenAlongACosine() {
    let schedule = LearningRateSchedule(peak: 2, end: 0.5, warmUp: 4, steps: 14)
    let rates = (0..<14).map(schedule.rate)
    #expect(Array(rates[..<4]) == [0.5, 1, 1.5, 2])
    #expect(rates[4] == 2)
    #expect(abs(rates[9] - 1.5) < 1e-15)
    #expect(zip(rates[4...], rates[5...]).allSatisfy { $0 > $1 })
    #expect(
      abs(schedule.rate(ofStep: 14) - 1) < 1e-15
        && schedule.rate(ofStep: 99) == schedule.rate(ofStep: 14))
    #expect(LearningRateSchedule(peak: 1, warmUp: 0, steps: 1).rate(ofStep: 0) == 1)
  }

  @Test func trainingStopsWhereTheAccuracyIsEnough() throws {
    var plan = try Self.plan()
    plan.stopsAt = 0
    #expect(try Self.finished(plan, threads: 1).step == plan.evaluationInterval)
    plan.stopsAt = 1
    #expect(try Self.finished(plan, threads: 1).step == plan.steps)
  }

  /// What is learnt is right: a memory that is overwritten can tell the parity where β reaches 2, and none where it reaches 1.
  @Test func parityNeedsNegativeEigenvalues() throws {
    func accuracy(_ mixer: Mixer) throws -> Double {
      var plan = try TrainingPlan(
        mixer.configuration(width: 16, layers: 1, heads: 1, innerSize: 0, convolution: false),
        parts: [.init(TaskSpecification("parity:length=16"), batchSize: 32)],
        evaluations: [TaskSpecification("parity:length=64")])
      plan.steps = 300
      plan.learningRate = 1e-2
      plan.stopsAt = 0.999
      return try Self.finished(plan, threads: 2).records.last?.accuracy ?? 0
    }
    #expect(try accuracy(.negativeDeltaNet) > 0.95)
    #expect(try accuracy(.deltaNet) < 0.75)
  }

  private static func records(
    step: Int, tokens: Int = 3 * (9 * 16 + 20 * 5), accuracy: Double = 1,
    task: String = "mqar:vocabulary=16:length=16:pairs=4"
  ) -> String {
    """
    [{"step": \(step), "tokens": \(tokens), "learningRate": 1, "gradientNorm": 1, "trainingLoss": 1, "trainingAccuracy": 1,
      "evaluations": [{"task": "\(task)", "loss": 1, "accuracy": \(accuracy)},
        {"task": "parity:length=5", "loss": 1, "accuracy": 1}]}]
    """
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let plan = try Self.plan()
    var run = try TrainingRun(plan)
    while run.step < plan.evaluationInterval { try run.advance(threads: 1) }
    try withFolder { folder in
      try run.save(inFolder: folder)
      var other = plan
      other.learningRate = 1e-2
      #expect(throws: (any Error).self) { try TrainingRun(other, inFolder: folder) }
      let path = "\(folder)/training.safetensors"
      let bytes = try Data(contentsOf: URL(filePath: path))
      try bytes.dropLast(3).write(to: URL(filePath: path))
      #expect(throws: (any Error).self) { try TrainingRun(plan, inFolder: folder) }
      try bytes.write(to: URL(filePath: path))
      for records in [
        nil, "", "[]", #"[{"step": -1}]"#, Self.records(step: -6), Self.records(step: 25),
      ] {
        var file = try TensorFile(safetensors: path)
        file.metadata["records"] = records
        try file.write(safetensors: path)
        let error = #expect(throws: TensorFileError.self) {
          try TrainingRun(plan, inFolder: folder)
        }
        #expect(error?.problem == "its records are none that such a run has")
      }
      var file = try TensorFile(safetensors: path)
      file.metadata["records"] = Self.records(step: 6)
      try file.write(safetensors: path)
      #expect(try TrainingRun(plan, inFolder: folder).step == 6)
      for (name, number) in [("numbers", Double.nan), ("second_moment", -1)] {
        var damaged = file
        let tensor = try #require(file.tensors[name])
        var numbers = try #require(tensor.doubles())
        numbers[7] = number
        damaged.tensors[name] = StoredTensor(doubles: numbers, shape: tensor.shape, as: .f32)
        try damaged.write(safetensors: path)
        let error = #expect(throws: TensorFileError.self) {
          try TrainingRun(plan, inFolder: folder)
        }
        #expect(error?.tensor == name)
      }
    }
  }

  @Test func checkpointsAreModels() throws {
    let run = try Self.finished(Self.plan(), threads: 2)
    try withFolder { folder in
      try run.checkpoint().write(toNewFolder: "\(folder)/model")
      let checkpoint = try Checkpoint(folder: "\(folder)/model")
      #expect(checkpoint.model.configuration == run.model.configuration)
      let tokens = run.plan.batch(ofStep: 0).examples[0].tokens
      func logits(_ weights: Weights<Float>) throws -> Activations<Float> {
        var state = ModelState<Float>(of: run.model, sequences: 1)
        return try run.model.logits(tokens, Evaluation(weights, threads: 1), &state)
      }
      #expect(try logits(checkpoint.weights()) == logits(run.weights))
    }
  }

  @Test func plansThatNoRunCanHaveAreRefused() throws {
    func refuses(_ change: (inout TrainingPlan) -> Void, _ key: String) throws {
      var plan = try Self.plan()
      change(&plan)
      let error = #expect(throws: TaskError.self) { try TrainingRun(plan) }
      #expect(error?.key == key)
    }
    try refuses({ $0.steps = 0 }, "steps")
    try refuses({ $0.steps = -1 }, "steps")
    try refuses({ $0.parts[0].batchSize = 1 << 20 }, "batch")
    try refuses({ $0.warmUp = 25 }, "warm-up")
    try refuses({ $0.learningRate = .nan }, "learning-rate")
    try refuses({ $0.parts[1].batchSize = 0 }, "batch")
    try refuses({ $0.optimizer.longestGradient = 0 }, "clip")
    try refuses({ $0.trainingExamples = 0 }, "training-examples")
    let parity = try TaskSpecification("parity")
    let compression = try TaskSpecification("compression")
    #expect(throws: TaskError.self) {
      try TrainingPlan(
        Configuration(),
        parts: [.init(parity, batchSize: 1), .init(compression, batchSize: 1)])
    }
  }

  @Test func lossesThatAreNoNumbersAreReported() throws {
    var plan = try Self.plan()
    plan.learningRate = 10
    plan.warmUp = 0
    plan.optimizer.weightDecay = 10
    plan.steps = 400
    #expect(throws: TrainingDiverged.self) { try Self.finished(plan, threads: 2) }
  }
}
