public import DeltaRule

/// How a batch is computed on a device.
public enum DeviceForm: Equatable, Sendable {
  /// Token after token, a state's columns in registers: for decoding. Its gradient is that of ``walk(_:)``.
  case recurrence
  /// By chunks, one block for each sequence, head and slice of value columns, which walks from chunk to chunk: everything
  /// is read once, in one kernel.
  case walk(ChunkLength)
  /// By chunks, all at once but for a pass over the states between: for few heads and long sequences.
  case parallel(ChunkLength)
  /// By chunks of 64, like ``walk(_:)`` after the inverses: copies and products overlap. For bfloat16 throughout, dk = dv = 64 or 128,
  /// and compute capability 9.0 or newer. Its gradient is that of ``parallel(_:)``.
  case pipelined
  /// Whichever of them the shape asks for.
  case automatic

  /// All of them, with every chunk length.
  public static let all: [DeviceForm] =
    [.recurrence] + ChunkLength.allCases.map { .walk($0) }
    + ChunkLength.allCases.map { .parallel($0) } + [.pipelined, .automatic]

  public var name: String {
    switch self {
    case .recurrence: "recurrence"
    case .walk(let length): "walk-\(length.rawValue)"
    case .parallel(let length): "parallel-\(length.rawValue)"
    case .pipelined: "pipelined"
    case .automatic: "automatic"
    }
  }

  /// - Returns: nil where no form has that name.
  public init?(name: String) {
    guard let form = Self.all.first(where: { $0.name == name }) else { return nil }
    self = form
  }

  /// The form that ``automatic`` stands for: ``pipelined`` where its kernels are for it.
  ///
  /// Otherwise a block of ``walk(_:)`` works alone on its columns of a state. Where those blocks are fewer than the device has
  /// multiprocessors, and there are chunks enough, the chunks are shared out too.
  public static func chosen(
    for shape: BatchShape, on device: Device, storage: Storage = .float32,
    precision: ProductPrecision = .float32, normalizingQueriesAndKeys normalizes: Bool = false
  ) -> DeviceForm {
    if shape.longestSequence < 16 { return .recurrence }
    let pipeline = try? Pipeline(
      shape, on: device, storage: storage, precision: precision, normalizes: normalizes)
    if pipeline != nil { return .pipelined }
    let walks = shape.sequenceCount * shape.heads * ((shape.valueDimension + 31) / 32)
    return walks >= device.multiprocessors || shape.longestSequence < 256
      ? .walk(.sixtyFour) : .parallel(.sixtyFour)
  }
}

extension DeviceForm {
  /// How many tokens are taken together, at most: fewer where more do not fit the device.
  package var chunkLength: ChunkLength {
    switch self {
    case .walk(let length), .parallel(let length): length
    case .recurrence, .pipelined, .automatic: .sixtyFour
    }
  }
}

extension DeviceForm {
  /// Whether its gradient shares the chunks out.
  var isParallel: Bool {
    switch self {
    case .parallel, .pipelined: true
    case .recurrence, .walk, .automatic: false
    }
  }
}
