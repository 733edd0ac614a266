import DeltaRule
import Testing

@testable import DeltaRuleGPU

/// NVIDIA's compiler on every kernel, for the GPUs that it is meant for.
@Suite(.enabled(if: (try? NVRTC()) != nil, "there is no NVRTC: let DELTANET_NVRTC name its folder"))
struct KernelTextTests {
  /// One width of each kind: dk = dv, dk ≠ dv, wide keys, and those that are filled up with zeros.
  static let widths = [(16, 16), (100, 36), (128, 128), (256, 256)]

  @Test(arguments: ChunkKernel.allCases)
  func compilesWithoutSpills(kernel: ChunkKernel) throws {
    for (architecture, localBytes) in [("sm_80", 163 << 10), ("sm_90a", 227 << 10)] {
      for options in Self.options(of: kernel) {
        try expectNoSpills(kernel, (64, 64), options, architecture, localBytes: localBytes)
      }
      for width in Self.widths {
        try expectNoSpills(
          kernel, width, Self.options(of: kernel)[0], architecture, localBytes: localBytes)
      }
    }
  }

  private func expectNoSpills(
    _ kernel: ChunkKernel, _ width: (dk: Int, dv: Int), _ options: Options,
    _ architecture: String, localBytes: Int
  ) throws {
    try expectNoSpills(
      source(kernel, width, options, localBytes: localBytes), architecture,
      "\(kernel.rawValue), \(width), \(options)")
  }

  private func expectNoSpills(
    _ source: KernelSource, _ architecture: String, _ what: String
  ) throws {
    let log = try NVRTC().compile(
      source, architecture: architecture, options: ["--ptxas-options=-v"]
    ).log
    #expect(
      log.contains("0 bytes spill stores, 0 bytes spill loads"),
      "\(what) for \(architecture): \(log)")
  }

  @Test(arguments: ChunkKernel.allCases.filter { $0 != .recurrence })
  func productsAreTakenOnTensorCores(kernel: ChunkKernel) throws {
    for options in Self.options(of: kernel) {
      let source = try source(kernel, (64, 64), options, localBytes: 227 << 10)
      let image = try NVRTC().compile(source, architecture: "compute_90a", options: []).image
      let text = String(decoding: image, as: UTF8.self)
      #expect(
        text.contains("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")
          == (options.kernel.precision == .tf32), "\(kernel.rawValue), \(options)")
    }
  }

  @Test(arguments: [(64, 1), (64, 1000), (128, 1), (128, 1000)])
  func pipelinedKernelsCompileWithoutSpills(width: Int, heads: Int) throws {
    let shape = try BatchShape(
      batch: 1, length: 64, keyHeads: heads, heads: heads, keyDimension: width,
      valueDimension: width)
    let pipeline = Pipeline(shape, multiprocessors: 132, words: KernelLanguage.cuda.primitives())
    let nvrtc = try NVRTC()
    for source in [pipeline.transform.source, pipeline.walk.source] {
      let log = try nvrtc.compile(
        source, architecture: "sm_90a", options: ["--ptxas-options=-v"]
      ).log
      #expect(log.contains("0 bytes spill stores, 0 bytes spill loads"), "\(source.name): \(log)")
      let ptx = try nvrtc.compile(source, architecture: "compute_90a", options: []).image
      #expect(
        String(decoding: ptx, as: UTF8.self).contains(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"))
    }
  }

  @Test(arguments: ProductPrecision.allCases)
  func peaksStayInRegisters(products: ProductPrecision) throws {
    let source = PeakKernel.source(products, KernelLanguage.cuda.words())
    for architecture in ["sm_80", "sm_90a"] {
      try expectNoSpills(source, architecture, products.rawValue)
    }
    let image = try NVRTC().compile(source, architecture: "compute_90a", options: []).image
    let text = String(decoding: image, as: UTF8.self)
    #expect(text.contains("tf32.tf32.f32 {") == (products == .tf32))
    #expect(text.contains("bf16.bf16.f32 {") == (products == .bfloat16))
  }

  @Test(arguments: DevicePrimitive.allCases)
  func primitivesAreInstructions(primitive: DevicePrimitive) throws {
    let source = primitive.source(KernelLanguage.cuda.primitives())
    let architectures =
      primitive == .storeMatricesTransposed ? ["compute_90a"] : ["compute_80", "compute_90a"]
    for architecture in architectures {
      let image = try NVRTC().compile(source, architecture: architecture, options: []).image
      let entries = String(decoding: image, as: UTF8.self).split(separator: ".entry ")
      let entry = try #require(entries.first { $0.hasPrefix("\(source.name)(") })
      #expect(entry.contains(Self.instruction(of: primitive)), "\(architecture): \(entry)")
    }
  }

  private static func instruction(of primitive: DevicePrimitive) -> String {
    switch primitive {
    case .toTF32: "cvt.rna.tf32.f32"
    case .toBFloat16: "cvt.rn.bf16.f32"
    case .toFloat16: "cvt.rn.f16.f32"
    case .fromBFloat16: "shl.b32"
    case .fromFloat16: "cvt.f32.f16"
    case .squareRoot: "sqrt.rn.f32"
    case .packBFloat16: "cvt.rn.bf16x2.f32"
    case .multiplyTF32: "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
    case .multiplyBFloat16: "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
    case .multiplyFloat16: "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"
    case .loadMatrices: "ldmatrix.sync.aligned.m8n8.x4.shared.b16"
    case .loadMatricesTransposed: "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16"
    case .storeMatricesTransposed: "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16"
    case .copyAsynchronously: "cp.async.cg.shared.global"
    case .shuffle: "shfl.sync.bfly.b32"
    }
  }

  private struct Options {
    var kernel: KernelOptions
    var hasVectorBeta = false
  }

  private static func options(of kernel: ChunkKernel) -> [Options] {
    let all = [
      Options(kernel: .init(storage: .bfloat16, precision: .tf32, normalizes: true)),
      Options(kernel: .init(storage: .float16, precision: .tf32, normalizes: false)),
      Options(kernel: .init(storage: .float32, precision: .float32, normalizes: false)),
      Options(
        kernel: .init(storage: .float32, precision: .tf32, normalizes: false), hasVectorBeta: true),
    ]
    switch kernel {
    case .chunkInverse: return all.filter { !$0.hasVectorBeta }
    case .walk:
      return all.flatMap { options in
        [(true, false), (false, true)].map { hasOutputs, inverseIsGiven in
          var walk = options
          walk.kernel.hasOutputs = hasOutputs
          walk.kernel.inverseIsGiven = inverseIsGiven
          return walk
        }
      }
    default: return all
    }
  }

  private func source(
    _ kernel: ChunkKernel, _ width: (dk: Int, dv: Int), _ options: Options, localBytes: Int
  ) throws -> KernelSource {
    let shape = try BatchShape(
      batch: 1, length: 64, keyHeads: 1, heads: 1, keyDimension: width.dk,
      valueDimension: width.dv, hasVectorBeta: options.hasVectorBeta)
    let blockings = try Blockings(for: shape, atMost: .sixtyFour, .cuda, localBytes: localBytes)
    return kernel.source(blockings[kernel], options.kernel, KernelLanguage.cuda.words())
  }
}
