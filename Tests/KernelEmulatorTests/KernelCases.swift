import DeltaRuleGPU

/// The shapes: with a last chunk that is not full and widths that are not the kernels', so that every mask has something to keep out.
extension KernelCase {
  static let oneHead = try! KernelCase(
    "one head", boundaries: [0, 37], heads: (1, 1), widths: (16, 16))
  static let grouped = try! KernelCase(
    "grouped heads", boundaries: ragged, heads: (2, 4), widths: (12, 20))
  /// Of 68 value columns a block takes 64.
  static let normalized = try! KernelCase(
    "normalised keys", boundaries: ragged, widths: (12, 68), normalizes: true)
  static let byColumn = try! KernelCase(
    "β by column", boundaries: ragged, widths: (20, 36), hasVectorBeta: true)
  static let byColumnNormalized = try! KernelCase(
    "β by column, normalised keys", boundaries: ragged, widths: (12, 68), hasVectorBeta: true,
    normalizes: true)
  static let wide = try! KernelCase(
    "wide keys", boundaries: [0, 70], heads: (1, 1), widths: (100, 36))
  static let stateless = try! KernelCase(
    "no states", boundaries: ragged, widths: (12, 20), hasStates: false)
  static let empty = try! KernelCase("no tokens", boundaries: [0, 0, 0], widths: (12, 20))
  static let single = try! KernelCase(
    "products in float32", boundaries: ragged, widths: (12, 20), precision: .float32)
  static let float16 = try! KernelCase(
    "float16", boundaries: ragged, widths: (12, 20), normalizes: true, storage: .float16)
  static let bfloat16 = try! KernelCase(
    "bfloat16", boundaries: ragged, widths: (12, 20), normalizes: true, storage: .bfloat16)

  /// For the kernels in bfloat16 throughout. The emulator's four multiprocessors have blocks of all value columns where sequences
  /// times heads are three or more, of 32 otherwise.
  static let pipelined = [
    pipelined("32 of 128 columns", [0, 200], width: 128),
    pipelined("128 columns", [0, 0, 200, 210], width: 128),
    pipelined("32 of 64 columns", [0, 70], heads: (1, 2), width: 64),
    pipelined("64 columns", [0, 70, 70, 134, 135, 190], heads: (1, 2), width: 64),
    pipelined("64 columns, no states", [0, 0, 3, 68], heads: (2, 4), width: 64, hasStates: false),
  ]

  private static func pipelined(
    _ name: String, _ boundaries: [Int], heads: (keys: Int, values: Int) = (1, 1), width: Int,
    hasStates: Bool = true
  ) -> KernelCase {
    try! KernelCase(
      name, boundaries: boundaries, heads: heads, widths: (width, width), storage: .bfloat16,
      precision: .bfloat16, hasStates: hasStates)
  }

  /// Two chunks of 16 tokens, no tokens, two chunks.
  private static let ragged = [0, 19, 19, 40]
}
