import ArgumentParser
import DeltaNet
import Reporting
import TensorFiles
import Terminal

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train small models on tasks of recall: one of them, or a suite.",
    discussion: """
      A run leaves 'metrics.csv', 'metrics.jsonl' and a checkpoint in its folder after each evaluation. Where there is one, it goes \
      on from there, and ends with the same bits as if it had never been interrupted. Nothing depends on the number of threads.

      A task is written with its sizes. These are the tasks, and the sizes where none is said:

      \(TaskSpecification.usage.map { "  " + $0 }.joined(separator: "\n"))
      """)

  @Option(
    help: "A suite: 'smoke' takes two minutes, 'recall' an hour on two cores.",
    transform: { name in
      guard let suite = Suite.all.first(where: { $0.name == name }) else {
        throw ValidationError(
          "'\(name)' is none of \(Suite.all.map(\.name).joined(separator: ", "))")
      }
      return suite
    })
  var suite: Suite?

  @OptionGroup(title: "A single run")
  var single: SingleRunOptions

  @Option(
    help:
      "The 64-bit number that weights and examples are derived from; of a suite, the first seed.")
  var seed: UInt64 = 1

  @OptionGroup
  var threads: ThreadOptions

  @Option(help: "The folder of the run, or of the suite's runs.")
  var out: String

  @Option(help: "Also write a suite's result to this file.")
  var json: String?

  @Flag(help: "Also draw a suite's accuracies into the folder, as SVG and PNG; needs gnuplot.")
  var plots = false

  func validate() throws {
    guard (suite == nil) == !single.task.isEmpty else {
      throw ValidationError("one of --suite and --task is needed, and not both")
    }
    if suite == nil, json != nil || plots {
      throw ValidationError("--json and --plots are for suites")
    }
  }

  func run() async throws {
    if let suite { try await run(suite) } else { try runSingle() }
  }

  private func run(_ suite: Suite) async throws {
    let gnuplot = plots ? try badInput { try Gnuplot() } : nil
    let (clock, bar) = (ContinuousClock(), ProgressBar())
    let start = clock.now
    let outcome = try badInput {
      try suite.run(seed: seed, folder: out, runs: threads.count) { done, all in
        let left = (clock.now - start) / Double(max(1, done)) * Double(all - done)
        bar.show(done, of: all, "\(left.minutes) left")
      }
    }
    bar.clear()
    if let gnuplot {
      for format in PlotFormat.allCases {
        for (name, script) in outcome.plots(format) {
          try await gnuplot.draw(script, to: "\(out)/\(name).\(format.rawValue)")
        }
      }
    }
    try finish(outcome.text, json: json, outcome.json, holds: outcome.holds)
  }

  private func runSingle() throws {
    try badInput {
      var run = try TrainingRun(single.plan(seed: seed), inFolder: out)
      // A finished run has left its model; whatever else is there is not overwritten.
      let model = "\(out)/model"
      let isWritten = run.isFinished && fileExists(model)
      if isWritten {
        _ = try Checkpoint(folder: model)
      } else {
        try Checkpoint.checkIsNew(folder: model)
      }
      let (clock, bar) = (ContinuousClock(), ProgressBar())
      let (start, first, tokens) = (clock.now, run.step, run.tokens)
      while !run.isFinished {
        let result = try run.advance(threads: threads.count)
        if run.records.last?.step == run.step { try run.save(inFolder: out) }
        let time = clock.now - start
        let left = time / Double(run.step - first) * Double(run.plan.steps - run.step)
        bar.show(
          run.step, of: run.plan.steps,
          "loss \(result.loss.fixed(3)), accuracy \((100 * result.accuracy).fixed(1)) %, "
            + "\(rate(run.tokens - tokens, time)), \(left.minutes) left")
      }
      bar.clear()
      if !isWritten { try run.checkpoint().write(toNewFolder: model) }
      for evaluation in run.records.last?.evaluations ?? [] {
        try show(
          "\(evaluation.task): \((100 * evaluation.accuracy).fixed(2)) % right, "
            + "\(evaluation.loss.fixed(4)) nats, step \(run.step)\n")
      }
    }
  }
}

extension Duration {
  /// `2 min 05 s`.
  fileprivate var minutes: String {
    let seconds = Int(self / .seconds(1))
    return seconds < 60
      ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60 < 10 ? "0" : "")\(seconds % 60) s"
  }
}
