/// What products of matrices are computed in. Sums are float32 in all.
public enum ProductPrecision: String, CaseIterable, Sendable {
  /// Factors keep their 24 bits: multiply-adds outside of the matrix units.
  case float32 = "f32"
  /// Factors are rounded to 11 bits: the matrix units of CUDA devices. Other devices have only ``float32``.
  case tf32
  /// Factors may be rounded to 8 bits where a kernel gains by it, as those of ``DeviceForm/pipelined`` do; the others take
  /// ``tf32``.
  case bfloat16 = "bf16"
}
