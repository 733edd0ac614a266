import Algebra
import PropertyTesting

/// How far outputs are off along one long sequence.
struct ErrorOverTokens: Sendable {
  static let setting = AccuracySetting(length: 8192, strengths: 0...2)
  /// How many tokens are taken together.
  static let window = 128

  /// Of each kernel, the root mean square of the errors of every window over that of all values.
  let errors: [(kernel: String, errors: [Double])]

  static func measured(
    seed: UInt64, jobs: Int, progress: (_ done: Int, _ total: Int) -> Void
  ) async throws -> ErrorOverTokens {
    let seed = mix(seed ^ stableHash("tokens"))
    let found = await concurrently(RoundedKernel.precisions, jobs: jobs, progress: progress) {
      kernel in
      Result {
        let (errors, exact) = try kernel.errors(setting, seed: seed)
        let size = rootMeanSquare(exact.entries)
        return stride(from: 0, to: setting.length, by: window).map {
          rootMeanSquare(errors[rows: $0..<$0 + window].entries) / size
        }
      }
    }
    return ErrorOverTokens(
      errors: try zip(RoundedKernel.precisions, found).map { ($0.name, try $1.get()) })
  }

  var plot: LinePlot {
    LinePlot(
      title: "Relative error of o along \(Self.setting.length) tokens", xLabel: "token",
      yLabel: "error over the size of o",
      xScale: .linear(step: 2048), yScale: .logarithmic(base: 10),
      series: errors.enumerated().map { n, series in
        LinePlot.Series(
          name: series.kernel,
          points: series.errors.enumerated().filter { $1 > 0 }.map {
            ((Double($0) + 0.5) * Double(Self.window), $1)
          }, style: .line, look: n)
      })
  }
}
