/// The numbers that kernels are timed with.
public enum BenchmarkNumbers: String, CaseIterable, Sendable {
  /// `Float`.
  case f32
  /// `Double`.
  case f64

  /// Bytes a number.
  var size: Int { self == .f32 ? 4 : 8 }
}
