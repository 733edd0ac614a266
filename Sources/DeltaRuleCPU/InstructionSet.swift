import CDeltaKernels

/// What the kernels are compiled for; the processor decides at run time which of them there are.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// What the compiler targets: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// 256-bit vectors with fused multiply-add.
  case avx2
  /// 512-bit vectors.
  case avx512

  var code: delta_instruction_set {
    switch self {
    case .baseline: delta_baseline
    case .avx2: delta_avx2
    case .avx512: delta_avx512
    }
  }

  /// Those that this processor has, the narrowest first.
  public static var available: [InstructionSet] {
    allCases.filter { delta_kernels_for(delta_f32, $0.code) != nil }
  }

  /// The widest that this processor has.
  public static var best: InstructionSet { available.last ?? .baseline }
}
