import DeltaRule

/// The sizes that a kernel is compiled for.
struct Blocking: Hashable {
  /// Tokens of a chunk.
  let chunk: Int
  /// dk, filled up with zeros.
  let keys: Int
  /// Value columns of a block.
  private(set) var values: Int
  /// Threads of a block.
  let threads: Int
  /// How many numbers lie between two rows in local memory.
  let pad: Int
  let hasVectorBeta: Bool

  // Matrices in local memory, in numbers.
  var keyRows: Int { chunk * (keys + pad) }
  var valueRows: Int { chunk * (values + pad) }
  var square: Int { chunk * (chunk + pad) }
  var state: Int { keys * (values + pad) }
  var strengths: Int { hasVectorBeta ? valueRows : chunk }

  private static let widths = [16, 32, 64, 128, 256]

  /// The sizes for a kernel: as many value columns to a block, up to 64 or for wide keys 32, as fit the local
  /// memory.
  ///
  /// - Parameters:
  ///   - chunk: C.
  ///   - localBytes: what a block may have.
  /// - Throws: ``GPUError`` where not even 16 columns fit, or dk is above 256.
  init(
    _ kernel: ChunkKernel, for shape: BatchShape, chunk: Int, _ language: KernelLanguage,
    localBytes: Int
  ) throws {
    guard let keys = Self.widths.first(where: { $0 >= shape.keyDimension }) else {
      throw GPUError(.keysTooWide(dk: shape.keyDimension, limit: 256))
    }
    self.chunk = chunk
    self.keys = keys
    let widest = keys > 128 ? 32 : 64
    values = Self.widths.first { $0 >= min(widest, shape.valueDimension) } ?? widest
    // Registers are shared out among threads: those of the gradient's tiles leave room for fewer.
    let most = kernel == .chunkGradients && keys > 64 ? 256 : 512
    threads = language == .openCL ? 64 : max(128, min(most, chunk * keys / 8))
    pad = language == .openCL ? 0 : 4
    hasVectorBeta = shape.hasVectorBeta
    while 4 * kernel.localNumbers(self, hasOutputs: true) > localBytes {
      guard values > 16 else {
        let bytes = 4 * kernel.localNumbers(self, hasOutputs: true)
        throw GPUError(
          .tooMuchSharedMemory(kernel: kernel.rawValue, bytes: bytes, limit: localBytes))
      }
      values /= 2
    }
  }
}

/// The sizes for every kernel of a plan.
struct Blockings {
  let chunk: Int
  private let all: [ChunkKernel: Blocking]

  /// The longest chunks, of at most so many tokens, for which every kernel fits the local memory.
  ///
  /// - Throws: ``GPUError`` where there are none.
  init(
    for shape: BatchShape, atMost longest: ChunkLength, _ language: KernelLanguage, localBytes: Int
  ) throws {
    func blockings(_ chunk: Int) throws -> [ChunkKernel: Blocking] {
      try Dictionary(
        uniqueKeysWithValues: ChunkKernel.allCases.map {
          ($0, try Blocking($0, for: shape, chunk: chunk, language, localBytes: localBytes))
        })
    }
    for length in ChunkLength.allCases.reversed()
    where length.rawValue <= longest.rawValue && length != .sixteen {
      guard let fitting = try? blockings(length.rawValue) else { continue }
      (chunk, all) = (length.rawValue, fitting)
      return
    }
    chunk = ChunkLength.sixteen.rawValue
    all = try blockings(chunk)
  }

  subscript(kernel: ChunkKernel) -> Blocking {
    guard let blocking = all[kernel] else { preconditionFailure("every kernel has its sizes") }
    return blocking
  }
}
