public import Algebra

/// Where a chunk kernel rounds, and to what.
///
/// Products are taken of rounded operands and summed, term after term, in `accumulator`; what is stored
/// between products is rounded to the format of its place. A cotangent has the place of what it is the
/// cotangent of.
public struct PrecisionModel: Hashable, Sendable {
  /// What options and verdicts call it.
  public var name: String
  /// What sums are taken in: binary32 or binary64.
  public var accumulator = FloatFormat.binary32
  /// q, k, v and β as they are stored.
  public var inputs = FloatFormat.binary32
  /// q, k, scaled queries, diag(β) K, diag(β) V and cotangents of outputs as they enter products.
  public var operands = FloatFormat.binary32
  /// A and the rows of (I + A)⁻¹ as they enter the forward substitution.
  public var inverse = FloatFormat.binary32
  /// (I + A)⁻¹ as it is stored.
  public var transform = FloatFormat.binary32
  /// W.
  public var w = FloatFormat.binary32
  /// U.
  public var u = FloatFormat.binary32
  /// X = U − W S, FLA's `v_new`.
  public var pseudoValues = FloatFormat.binary32
  /// tril(Q Kᵀ).
  public var scores = FloatFormat.binary32
  /// The state as it enters products.
  public var enteringState = FloatFormat.binary32
  /// The state that is carried from chunk to chunk.
  public var carriedState = FloatFormat.binary32
  /// o, dq, dk, dv and dβ.
  public var outputs = FloatFormat.binary32
  public var rounding = Rounding.toNearestEven

  /// How every one of them is rounded.
  public enum Rounding: Hashable, Sendable {
    case toNearestEven
    case towardZero
    /// By random numbers from this seed.
    case stochastic(seed: UInt64)
  }

  init(_ name: String, _ change: (inout PrecisionModel) -> Void = { _ in }) {
    self.name = name
    change(&self)
  }

  /// What enters a product is in `format`, and what is stored in `storage`: what kernels for matrix units do.
  private init(_ name: String, matrixUnits format: FloatFormat, storage: FloatFormat) {
    self.init(name)
    inputs = storage
    operands = format
    transform = format
    w = format
    u = storage
    pseudoValues = format
    scores = format
    enteringState = format
    outputs = storage
  }

  public static let float64 = PrecisionModel("f64") { model in
    for place in places { model[keyPath: place] = .binary64 }
  }
  /// All of it float32.
  public static let float32 = PrecisionModel("f32")
  /// Every product on tensor cores that round their float32 operands.
  public static let tf32: PrecisionModel = {
    var model = PrecisionModel("tf32", matrixUnits: .tf32, storage: .binary32)
    model.inverse = .tf32
    return model
  }()
  /// Every product on tensor cores that drop the last bits of their float32 operands.
  public static let truncatedTF32: PrecisionModel = {
    var model = tf32
    model.name = "tf32-truncated"
    model.rounding = .towardZero
    return model
  }()
  /// flash-linear-attention with bfloat16 tensors: inverse, sums and carried state in float32.
  public static let bfloat16 = PrecisionModel("bf16", matrixUnits: .bfloat16, storage: .bfloat16)
  /// flash-linear-attention with float16 tensors.
  public static let float16 = PrecisionModel("f16", matrixUnits: .binary16, storage: .binary16)

  /// The models whose errors a claim of `precision` excuses.
  static func honest(for precision: Precision) -> [PrecisionModel] {
    switch precision {
    case .f64: [.float64]
    case .f32: [.float32]
    case .tf32: [.tf32, .truncatedTF32]
    case .bf16: [.bfloat16]
    case .f16: [.float16]
    }
  }

  /// Float32 kernels with one place of lower precision, which a claim of float32 does not excuse.
  static let lapses: [PrecisionModel] =
    [(FloatFormat.bfloat16, "bf16"), (.binary16, "f16"), (.tf32, "tf32")].flatMap { format, name in
      [
        PrecisionModel("\(name)-operands") { $0.inputs = format },
        PrecisionModel("\(name)-state") { $0.carriedState = format },
        PrecisionModel("\(name)-entering-state") { $0.enteringState = format },
        PrecisionModel("\(name)-inverse") { $0.inverse = format },
        PrecisionModel("\(name)-transform") { $0.transform = format },
        PrecisionModel("\(name)-wy") {
          $0.w = format
          $0.u = format
        },
        PrecisionModel("\(name)-pseudo-values") { $0.pseudoValues = format },
        PrecisionModel("\(name)-scores") { $0.scores = format },
      ] + (format == .tf32 ? [] : [PrecisionModel("\(name)-outputs") { $0.outputs = format }])
    }

  /// Every model that has a name.
  public static let all: [PrecisionModel] =
    [float64, float32, tf32, truncatedTF32, bfloat16, float16] + lapses
    + [bfloat16, float16].map { $0.roundingStochastically(seed: 0) }

  /// The same places, rounded by random numbers from `seed`.
  public func roundingStochastically(seed: UInt64) -> PrecisionModel {
    var model = self
    model.name = "\(name)-stochastic"
    model.rounding = .stochastic(seed: seed)
    return model
  }

  /// Every place that has a format.
  static var places: [WritableKeyPath<PrecisionModel, FloatFormat>] {
    [
      \.accumulator, \.inputs, \.operands, \.inverse, \.transform, \.w, \.u, \.pseudoValues,
      \.scores, \.enteringState, \.carriedState, \.outputs,
    ]
  }

  /// The coarsest unit round-off of all places.
  var unitRoundoff: Double { Self.places.map { self[keyPath: $0].unitRoundoff }.max() ?? 0 }
}
