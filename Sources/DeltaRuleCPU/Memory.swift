/// What the delta rule reads, in memory.
public struct Inputs<Number: KernelNumber>: @unchecked Sendable {
  public var q: TensorPointer<Number>
  public var k: TensorPointer<Number>
  public var v: TensorPointer<Number>
  public var beta: TensorPointer<Number>
  public var scale: Number
  /// [N, H, dk, dv] without gaps; zero where nil.
  public var initialState: UnsafePointer<Number>?

  public init(
    q: TensorPointer<Number>, k: TensorPointer<Number>, v: TensorPointer<Number>,
    beta: TensorPointer<Number>, scale: Number, initialState: UnsafePointer<Number>?
  ) {
    self.q = q
    self.k = k
    self.v = v
    self.beta = beta
    self.scale = scale
    self.initialState = initialState
  }
}

/// What it writes.
public struct Outputs<Number: KernelNumber>: @unchecked Sendable {
  public var o: TensorPointer<Number>
  /// [N, H, dk, dv] without gaps. May be the initial state.
  public var finalState: UnsafeMutablePointer<Number>?
  /// v − k S before each token's write, in the shape of v: what the gradient is made from. Not wanted where its start is nil.
  public var residuals: TensorPointer<Number>

  public init(
    o: TensorPointer<Number>, finalState: UnsafeMutablePointer<Number>?,
    residuals: TensorPointer<Number>
  ) {
    self.o = o
    self.finalState = finalState
    self.residuals = residuals
  }
}

/// The cotangents do and dht, and the gradients that are written.
public struct Gradients<Number: KernelNumber>: @unchecked Sendable {
  public var dO: TensorPointer<Number>
  /// [N, H, dk, dv] without gaps; zero where nil.
  public var dFinalState: UnsafePointer<Number>?
  public var dq: TensorPointer<Number>
  public var dk: TensorPointer<Number>
  public var dv: TensorPointer<Number>
  public var dbeta: TensorPointer<Number>
  /// [N, H, dk, dv] without gaps.
  public var dInitialState: UnsafeMutablePointer<Number>?

  public init(
    dO: TensorPointer<Number>, dFinalState: UnsafePointer<Number>?, dq: TensorPointer<Number>,
    dk: TensorPointer<Number>, dv: TensorPointer<Number>, dbeta: TensorPointer<Number>,
    dInitialState: UnsafeMutablePointer<Number>?
  ) {
    self.dO = dO
    self.dFinalState = dFinalState
    self.dq = dq
    self.dk = dk
    self.dv = dv
    self.dbeta = dbeta
    self.dInitialState = dInitialState
  }
}
