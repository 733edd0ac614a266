import DeltaRule
import DeltaRuleCPU
internal import Reporting

/// What a form took at several lengths, all else being equal.
struct BenchmarkSeries {
  let form: Form
  let setting: BenchmarkSetting
  /// L, and nanoseconds a token and head; the shortest first.
  let points: [(length: Int, nanoseconds: Double)]

  static func all(in measurements: [BenchmarkMeasurement]) -> [BenchmarkSeries] {
    measurements.map(\.configuration.setting).unique.flatMap { setting in
      let here = measurements.filter { $0.configuration.setting == setting }
      return here.map(\.configuration.form).unique.map { form in
        BenchmarkSeries(
          form: form, setting: setting,
          points: here.filter { $0.configuration.form == form }
            .map { ($0.configuration.shape.length, $0.nanoseconds.minimum) }
            .sorted { $0.0 < $1.0 })
      }
    }
  }
}
