public import DeltaRuleCPU
import Glibc

/// How the cost of a form grows with the length.
public struct Growth: Equatable, Sendable {
  public let form: Form
  public let setting: BenchmarkSetting
  /// L, the shortest first; two or more, from 512 on.
  public let lengths: [Int]
  /// Nanoseconds a token and head, for each length.
  public let nanoseconds: [Double]

  /// The power of L that the time of a pass grows with: the slope of its logarithm, in the least squares. Linear is 1.
  public var exponent: Double {
    let x = lengths.map { log(Double($0)) }
    let y = zip(x, nanoseconds).map { $0 + log($1) }
    let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    return slope / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
  }

  /// Of every form that was measured at two lengths or more from 512 on: what a sequence costs once counts little there.
  public static func all(in measurements: [BenchmarkMeasurement]) -> [Growth] {
    BenchmarkSeries.all(in: measurements).compactMap { series in
      let points = series.points.filter { $0.length >= 512 }
      return points.count < 2
        ? nil
        : Growth(
          form: series.form, setting: series.setting, lengths: points.map(\.length),
          nanoseconds: points.map(\.nanoseconds))
    }
  }
}
