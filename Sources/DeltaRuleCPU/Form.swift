import COpenBLAS
public import DeltaRule

/// How a batch is computed on the processor.
public enum Form: Equatable, Sendable {
  /// The two-token fused recurrence: every entry of the state is loaded and stored once for two tokens. 6·dk·dv
  /// operations a token and head, the fewest of all forms for long sequences.
  case fusedRecurrence
  /// One token after the other, on the final state in place: for a step or two.
  case decoding
  /// By chunks of so many tokens, in matrix products and triangular solves of OpenBLAS: `chunkwiseSolve`. What is not
  /// finite spreads over the column of its chunk, because zeros are multiplied, too. OpenBLAS is held to one thread in the
  /// whole process.
  case chunkwise(Int)
  /// One chunk of all tokens, through OpenBLAS: L² numbers of workspace.
  case fullyParallel
  /// Whichever of them the shape asks for: ``chosen(for:)``.
  case automatic

  /// All that can be had here, with the chunk lengths that are worth comparing.
  public static let all = named.filter(\.isAvailable)

  private static let named: [Form] =
    [.fusedRecurrence, .decoding] + [16, 32, 64, 128].map { .chunkwise($0) }
    + [.fullyParallel, .automatic]

  /// Whether it can be had here: ``chunkwise(_:)`` and ``fullyParallel`` where there is OpenBLAS.
  public var isAvailable: Bool {
    switch self {
    case .chunkwise, .fullyParallel: OpenBLAS.isAvailable
    case .fusedRecurrence, .decoding, .automatic: true
    }
  }

  public var name: String {
    switch self {
    case .fusedRecurrence: "fused-recurrence"
    case .decoding: "decoding"
    case .chunkwise(let length): "chunkwise-\(length)"
    case .fullyParallel: "fully-parallel"
    case .automatic: "automatic"
    }
  }

  /// - Returns: nil where no form has that name; chunks may be of any length.
  public init?(name: String) {
    if let form = Self.named.first(where: { $0.name == name }) {
      self = form
    } else if name.hasPrefix("chunkwise-"), let length = Int(name.dropFirst(10)), length >= 1 {
      self = .chunkwise(length)
    } else {
      return nil
    }
  }

  /// The form that ``automatic`` stands for, and why.
  public static func chosen(for shape: BatchShape) -> (form: Form, reason: String) {
    let tokens = shape.batch * shape.length
    return tokens < 4 * shape.sequenceCount
      ? (.decoding, "fewer than 4 tokens a sequence: packing the state costs more than it saves")
      : (
        .fusedRecurrence,
        "4 tokens a sequence or more: the fewest operations, and the state is touched once for two tokens"
      )
  }
}

extension Form {
  /// - Precondition: not ``automatic``, and available.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  func kernel<Number: KernelNumber>(
    for shape: BatchShape, _ compiled: CompiledKernels
  ) -> HeadKernel<Number> {
    func chunks(_ length: Int) -> HeadKernel<Number> {
      precondition(isAvailable, "\(MissingOpenBLAS())")
      // Heads are shared out among threads; a product is computed by one.
      openblas_set_num_threads(1)
      return ChunkwiseSolve(
        chunkLength: length, keyDimension: shape.keyDimension, longest: shape.longestSequence
      ).kernel
    }
    switch self {
    case .fusedRecurrence, .decoding:
      return compiled.kernel(
        tokenByToken: self == .decoding, keyDimension: shape.keyDimension, Number.self)
    case .chunkwise(let length): return chunks(max(1, min(length, shape.longestSequence)))
    case .fullyParallel: return chunks(max(1, shape.longestSequence))
    case .automatic: preconditionFailure("a form has been chosen by now")
    }
  }
}
