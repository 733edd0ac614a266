import TensorFiles

/// A set of cases for kernels of one kind.
public enum Profile: String, CaseIterable, Sendable {
  case quick
  case full
  case adversarial
  case long
  case fla
  case ggml
  case mlx
  case hf

  /// Whom it is for.
  public var summary: String {
    switch self {
    case .quick: "a first verdict, in seconds"
    case .full: "every way in which kernels go wrong, and the laws across files"
    case .adversarial: "inputs at which kernels break: keys, β, values and states at their extremes"
    case .long: "thousands of tokens"
    case .fla: "what flash-linear-attention's kernels take: bfloat16 and float16, H = Hk"
    case .ggml: "what ggml's operation takes: float32, forward, tiled heads, dk = dv"
    case .mlx: "what mlx-lm's kernels take: float32 and bfloat16, forward, dk a multiple of 32"
    case .hf: "what transformers' functions take: float32, H = Hk, no packing"
    }
  }

  /// Whether its kernels have no gradient.
  var isForwardOnly: Bool { self == .ggml || self == .mlx }

  /// Parts come after the case that they are parts of.
  public var cases: [CaseExport] {
    switch self {
    case .quick:
      CaseExport.named([
        "plain", "tail", "one-token", "wide-values", "grouped-heads", "packed", "strong-writes",
        "l2-norm",
      ])
    case .full: CaseExport.all + CaseExport.furtherShapes + CaseExport.parts
    case .adversarial: CaseExport.extremes
    case .long: CaseExport.long
    case .fla: CaseExport.fla
    case .ggml: CaseExport.ggml
    case .mlx: CaseExport.mlx
    case .hf: CaseExport.hf
    }
  }
}

extension CaseExport {
  /// A case for each way in which kernels go wrong.
  public static let all: [CaseExport] = [
    CaseExport("plain", heads: 2, dk: 32, dv: 32, [64]),
    CaseExport("tail", heads: 2, dk: 32, dv: 32, [63 + 64]),
    CaseExport("one-token", heads: 2, dk: 16, dv: 16, [1]),
    CaseExport("wide-values", heads: 1, dk: 16, dv: 48, [100]),
    CaseExport("wide-keys", heads: 1, dk: 48, dv: 16, [100]),
    CaseExport("odd-widths", heads: 2, dk: 17, dv: 23, [81]),
    CaseExport("grouped-heads", heads: 6, dk: 16, dv: 16, [70]) {
      $0.batch = 2
      $0.keyHeads = 2
    },
    CaseExport("packed", heads: 2, dk: 16, dv: 16, [0, 1, 65, 0, 64, 20, 0]),
    CaseExport("strong-writes", heads: 2, dk: 32, dv: 32, [200]) { $0.betaRange = 1...2 },
    CaseExport("identical-keys", heads: 1, dk: 16, dv: 16, [130]) { $0.keys = .identical },
    CaseExport("l2-norm", heads: 2, dk: 32, dv: 32, [100]) { $0.usesL2Norm = true },
    CaseExport("vector-beta", heads: 2, dk: 16, dv: 16, [50]) { $0.vectorBeta = true },
    CaseExport("half", .f16, heads: 2, dk: 64, dv: 64, [150]),
    CaseExport("bfloat", .bf16, heads: 2, dk: 64, dv: 64, [150]),
    CaseExport("double", .f64, heads: 1, dk: 16, dv: 16, [90]),
  ]

  fileprivate static func named(_ names: [String]) -> [CaseExport] {
    all.filter { names.contains($0.name) }
  }

  fileprivate static let furtherShapes: [CaseExport] = [
    CaseExport("heads-first", heads: 3, dk: 16, dv: 32, [77]) {
      $0.batch = 2
      $0.layout = .headsFirst
    },
    CaseExport("no-initial-state", heads: 2, dk: 32, dv: 32, [96]) { $0.startsFromZero = true },
    CaseExport("narrow", heads: 2, dk: 1, dv: 1, [40]),
    CaseExport("wide", heads: 1, dk: 128, dv: 128, [100]),
    CaseExport("half-packed", .f16, heads: 2, dk: 32, dv: 32, [33, 64, 1, 100]),
  ]

  fileprivate static let parts = partsOf(named(["tail"])[0], packed: named(["packed"])[0])

  /// Parts of a case of one sequence, cut between its tokens and asked for once more, and of one of packed ones.
  fileprivate static func partsOf(_ whole: CaseExport, packed: CaseExport?) -> [CaseExport] {
    let (length, cut) = (whole.lengths[0], whole.lengths[0] * 5 / 9)
    let halves = [
      whole.part("\(whole.name)-before", .split, tokens: 0..<cut),
      whole.part("\(whole.name)-after", .split, tokens: cut..<length),
    ]
    let sequences = packed.map { packed in
      packed.lengths.indices.filter { packed.lengths[$0] > 0 }.map { n in
        packed.part("\(packed.name)-\(n)", .packing, sequence: n)
      }
    }
    let chunks = [16, 32, 128].map { (length: Int) in
      whole.part("\(whole.name)-chunk-\(length)", .chunk, chunkSize: length)
    }
    return halves + (sequences ?? []) + chunks + [whole.part("\(whole.name)-again", .repetition)]
  }

  fileprivate static let extremes: [CaseExport] = [
    extreme("no-writes") { $0.betaRange = 0...0 },
    extreme("faint-writes") { $0.betaRange = 0...0x1p-20 },
    extreme("overwriting") { $0.betaRange = 1...1 },
    extreme("reflecting") { $0.betaRange = 2...2 },
    extreme("writing-or-not") {
      $0.betaRange = 0...2
      $0.hasExtremeBeta = true
    },
    extreme("identical-reflecting") {
      $0.keys = .identical
      $0.betaRange = 2...2
    },
    extreme("alternating") {
      $0.keys = .alternating
      $0.betaRange = 0...2
    },
    extreme("nearly-parallel") {
      $0.keys = .nearlyParallel
      $0.betaRange = 1...1
    },
    extreme("orthonormal") {
      $0.keys = .orthonormal
      $0.betaRange = 1...1
    },
    extreme("some-keys-zero") { $0.keys = .someZero },
    extreme("all-sizes") { $0.valueMagnitudes = 20 },
    extreme("large-state") { $0.stateMagnitude = 12 },
    CaseExport(
      "many-sequences", heads: 1, dk: 16, dv: 16, [0, 1, 1, 0, 2, 63, 64, 65, 1, 0, 128, 3]),
    CaseExport("narrow-long", heads: 1, dk: 1, dv: 2, [600]) { $0.betaRange = 0...2 },
    CaseExport("wide-odd", heads: 1, dk: 129, dv: 65, [70]),
    CaseExport("half-identical", .f16, heads: 1, dk: 32, dv: 32, [150]) {
      $0.keys = .identical
      $0.betaRange = 1...2
    },
  ]

  private static func extreme(
    _ name: String, _ change: (inout CaseExport) -> Void
  ) -> CaseExport {
    CaseExport(name, heads: 2, dk: 32, dv: 32, [150], change)
  }

  fileprivate static let long: [CaseExport] = {
    let thousands = CaseExport("thousands", heads: 2, dk: 64, dv: 64, [4096])
    return [
      thousands,
      CaseExport("tens-of-thousands", heads: 1, dk: 32, dv: 32, [16_384 + 17]),
      CaseExport("long-strong-writes", heads: 1, dk: 64, dv: 64, [4096]) { $0.betaRange = 1...2 },
      CaseExport("long-packed", heads: 1, dk: 32, dv: 32, [3000, 1, 0, 5191]),
      CaseExport("long-bfloat", .bf16, heads: 1, dk: 64, dv: 64, [8192]),
      thousands.part("thousands-before", .split, tokens: 0..<2021),
      thousands.part("thousands-after", .split, tokens: 2021..<4096),
    ]
  }()

  fileprivate static let fla: [CaseExport] = {
    let tail = CaseExport("tail", .bf16, heads: 2, dk: 64, dv: 64, [200])
    let packed = CaseExport("packed", .bf16, heads: 2, dk: 64, dv: 64, [65, 1, 64, 130])
    return [
      CaseExport("plain", .bf16, heads: 4, dk: 64, dv: 64, [128]) { $0.batch = 2 },
      tail, packed,
      CaseExport("half", .f16, heads: 2, dk: 64, dv: 64, [150]),
      CaseExport("half-packed", .f16, heads: 2, dk: 32, dv: 32, [33, 64, 100]),
      CaseExport("one-token", .bf16, heads: 2, dk: 64, dv: 64, [1]),
      CaseExport("wide", .bf16, heads: 1, dk: 128, dv: 128, [150]),
      CaseExport("wide-values", .bf16, heads: 2, dk: 32, dv: 128, [100]),
      CaseExport("wide-keys", .bf16, heads: 2, dk: 128, dv: 64, [100]),
      CaseExport("l2-norm", .bf16, heads: 2, dk: 64, dv: 64, [100]) { $0.usesL2Norm = true },
      CaseExport("strong-writes", .bf16, heads: 2, dk: 64, dv: 64, [200]) { $0.betaRange = 1...2 },
      CaseExport("identical-keys", .bf16, heads: 1, dk: 64, dv: 64, [130]) { $0.keys = .identical },
      CaseExport("no-initial-state", .bf16, heads: 2, dk: 64, dv: 64, [150]) {
        $0.startsFromZero = true
      },
    ] + partsOf(tail, packed: packed).filter { $0.chunkSize == nil }
  }()

  fileprivate static let ggml: [CaseExport] = {
    func export(
      _ name: String, heads: Int = 2, width: Int = 64, _ length: Int,
      _ change: (inout CaseExport) -> Void = { _ in }
    ) -> CaseExport {
      CaseExport(name, heads: heads, dk: width, dv: width, [length]) {
        $0.headOrder = .tiled
        change(&$0)
      }
    }
    let tail = export("tail", 127)
    return [
      export("plain", 64), tail,
      export("tiled-heads", heads: 6, 70) {
        $0.keyHeads = 2
        $0.batch = 2
      },
      export("one-token", 1), export("wide", width: 128, 100), export("narrow", width: 16, 90),
      export("strong-writes", 200) { $0.betaRange = 1...2 },
      export("identical-keys", 130) { $0.keys = .identical },
      export("nearly-parallel", 130) { $0.keys = .nearlyParallel },
      export("long", heads: 1, 2048),
    ] + partsOf(tail, packed: nil).filter { $0.chunkSize == nil }
  }()

  fileprivate static let mlx: [CaseExport] = {
    let tail = CaseExport("tail", heads: 2, dk: 64, dv: 64, [127])
    return [
      CaseExport("plain", heads: 2, dk: 64, dv: 64, [64]), tail,
      CaseExport("grouped-heads", heads: 6, dk: 32, dv: 32, [70]) {
        $0.batch = 2
        $0.keyHeads = 2
      },
      CaseExport("one-token", heads: 2, dk: 64, dv: 64, [1]),
      CaseExport("wide-values", heads: 1, dk: 64, dv: 128, [100]),
      CaseExport("wide-keys", heads: 1, dk: 128, dv: 64, [100]),
      CaseExport("strong-writes", heads: 2, dk: 32, dv: 32, [200]) { $0.betaRange = 1...2 },
      CaseExport("identical-keys", heads: 1, dk: 32, dv: 32, [130]) { $0.keys = .identical },
      CaseExport("bfloat", .bf16, heads: 2, dk: 64, dv: 64, [150]),
      CaseExport("long", heads: 1, dk: 64, dv: 64, [2048]),
    ] + partsOf(tail, packed: nil).filter { $0.chunkSize == nil }
  }()

  fileprivate static let hf: [CaseExport] = {
    let tail = CaseExport("tail", heads: 2, dk: 32, dv: 32, [127])
    return [
      CaseExport("plain", heads: 2, dk: 64, dv: 64, [128]) { $0.batch = 2 },
      tail,
      CaseExport("one-token", heads: 2, dk: 32, dv: 32, [1]),
      CaseExport("wide-values", heads: 1, dk: 16, dv: 48, [100]),
      CaseExport("wide-keys", heads: 1, dk: 48, dv: 16, [100]),
      CaseExport("l2-norm", heads: 2, dk: 32, dv: 32, [100]) { $0.usesL2Norm = true },
      CaseExport("strong-writes", heads: 2, dk: 32, dv: 32, [200]) { $0.betaRange = 1...2 },
      CaseExport("identical-keys", heads: 1, dk: 16, dv: 16, [130]) { $0.keys = .identical },
      CaseExport("no-initial-state", heads: 2, dk: 32, dv: 32, [96]) { $0.startsFromZero = true },
      CaseExport("long", heads: 1, dk: 32, dv: 32, [2048]),
    ] + partsOf(tail, packed: nil)
  }()

  /// Cases as wide as the heads of models: more than a chunk and less than two, so that they do not take long.
  static let wide: [CaseExport] = [
    CaseExport("64", heads: 2, dk: 64, dv: 64, [100]) { $0.keyHeads = 1 },
    CaseExport("128", heads: 1, dk: 128, dv: 128, [100]),
    CaseExport("256", heads: 1, dk: 256, dv: 256, [70]),
    CaseExport("64x128", heads: 1, dk: 64, dv: 128, [100]),
    CaseExport("128x64", heads: 1, dk: 128, dv: 64, [100]),
    CaseExport("100x36", heads: 2, dk: 100, dv: 36, [100]),
    CaseExport("200x130", heads: 1, dk: 200, dv: 130, [70]),
  ]
}
