public import DeltaRule
public import DeltaRuleGPU

/// What is timed on a device: a pass of a form, for a batch of one shape.
///
/// Sequences start from zero, and nobody asks for their final states; a decoding step reads and writes its states.
public struct DeviceConfiguration: Equatable, Sendable {
  public let form: DeviceForm
  public let pass: BenchmarkPass
  public let storage: Storage
  public let products: ProductPrecision
  /// One token long where the pass is ``BenchmarkPass/decode``.
  public let shape: BatchShape

  public init(
    form: DeviceForm, pass: BenchmarkPass, storage: Storage, products: ProductPrecision,
    shape: BatchShape
  ) {
    self.form = form
    self.pass = pass
    self.storage = storage
    self.products = products
    self.shape = shape
  }

  var setting: BenchmarkSetting {
    BenchmarkSetting(pass, numbers: storage.rawValue, shape)
  }

  /// Bytes of a token and head, each input read once and each output written once. A backward pass reads the inputs again.
  var bytes: Double {
    let (dk, dv) = (Double(shape.keyDimension), Double(shape.valueDimension))
    // q k v β and o.
    let forward = 2 * dk + 2 * dv + 1
    // q k v β do, and dq dk dv dβ.
    let backward = 4 * dk + 3 * dv + 2
    let size = Double(storage.byteCount)
    return switch pass {
    case .forward: forward * size
    case .backward: backward * size
    case .forwardAndBackward: (forward + backward) * size
    case .decode: forward * size + 2 * 4 * dk * dv
    }
  }

  /// The operations of a token and head by a form that is not automatic: each product of its formulas once, and of triangles
  /// the half that is not zero.
  ///
  /// - Parameter chunkLength: C.
  func operations(by form: DeviceForm, chunkLength: Int) -> Double {
    let (dk, dv) = (Double(shape.keyDimension), Double(shape.valueDimension))
    let C = Double(min(chunkLength, max(1, shape.longestSequence)))
    // M; K S, Q S, Kᵀ X; and the triangles tril(K Kᵀ, −1), tril(Q Kᵀ), M E, tril(Q Kᵀ) X.
    let forward =
      form == .recurrence
      ? 6 * dk * dv : 6 * dk * dv + 2 * C * (dk + dv) + C * C / 3
    // M; K S, Kᵀ X, K dS, Qᵀ dO, Kᵀ R, dO Sᵀ, X dSᵀ, R Sᵀ; tril(K Kᵀ, −1), tril(Q Kᵀ), dG K, dGᵀ Q, dN K, dNᵀ K;
    // M E, N X, tril(Q Kᵀ)ᵀ dO, Mᵀ dX, dO Xᵀ, R Xᵀ.
    let backward = 16 * dk * dv + 6 * C * (dk + dv) + C * C / 3
    return switch pass {
    case .forward, .decode: forward
    case .backward: backward
    case .forwardAndBackward: forward + backward
    }
  }
}
