public import DeltaRuleCPU
import Glibc

/// From what length on a form is faster than the fully parallel one.
public struct Crossover: Equatable, Sendable {
  public let form: Form
  public let setting: BenchmarkSetting
  /// L where both were measured, the shortest first.
  public let lengths: [Int]
  /// The time of the form over that of the fully parallel one, for each length.
  public let ratios: [Double]

  /// The last length at which the fully parallel form is the faster one; nil where it never is.
  public var before: Int? { ratios.lastIndex { $0 >= 1 }.map { lengths[$0] } }

  /// The length from which on the form is faster, at every length that was measured; nil where it is not.
  public var from: Int? {
    let next = ratios.lastIndex { $0 >= 1 }.map { $0 + 1 } ?? 0
    return next < lengths.count ? lengths[next] : nil
  }

  /// Where the times are equal, between ``before`` and ``from``: on a straight line between the logarithms.
  public var length: Double? {
    guard let last = ratios.lastIndex(where: { $0 >= 1 }), last + 1 < ratios.count else {
      return nil
    }
    let share = log(ratios[last]) / (log(ratios[last]) - log(ratios[last + 1]))
    let (low, high) = (log(Double(lengths[last])), log(Double(lengths[last + 1])))
    return exp(low + share * (high - low))
  }

  /// Of every form that was measured at the same lengths as the fully parallel one, two or more.
  public static func all(in measurements: [BenchmarkMeasurement]) -> [Crossover] {
    let all = BenchmarkSeries.all(in: measurements)
    return all.filter { $0.form != .fullyParallel }.compactMap { series in
      guard
        let parallel = all.first(where: {
          $0.form == .fullyParallel && $0.setting == series.setting
        })
      else { return nil }
      let common = series.points.compactMap { point in
        parallel.points.first { $0.length == point.length }.map {
          (length: point.length, ratio: point.nanoseconds / $0.nanoseconds)
        }
      }
      return common.count < 2
        ? nil
        : Crossover(
          form: series.form, setting: series.setting, lengths: common.map(\.length),
          ratios: common.map(\.ratio))
    }
  }
}
