/// What the delta rule reads, in a device's memory, without gaps: q and k [B, L, Hk, dk], v [B, L, H, dv], β [B, L, H] or
/// [B, L, H, dv] in the plan's storage; states [N, H, dk, dv] in float32.
public struct DeviceInputs: Sendable {
  public var q: DeviceBuffer
  public var k: DeviceBuffer
  public var v: DeviceBuffer
  public var beta: DeviceBuffer
  public var scale: Float
  /// Zero where nil.
  public var initialState: DeviceBuffer?

  public init(
    q: DeviceBuffer, k: DeviceBuffer, v: DeviceBuffer, beta: DeviceBuffer, scale: Float,
    initialState: DeviceBuffer?
  ) {
    self.q = q
    self.k = k
    self.v = v
    self.beta = beta
    self.scale = scale
    self.initialState = initialState
  }
}

/// What it writes; or the cotangents do and dht, of which the second is zero where nil.
public struct DeviceOutputs: Sendable {
  /// In the shape of v.
  public var o: DeviceBuffer
  /// In the shape of the initial state, and may be the same buffer. Not wanted where nil.
  public var finalState: DeviceBuffer?

  public init(o: DeviceBuffer, finalState: DeviceBuffer?) {
    self.o = o
    self.finalState = finalState
  }
}

/// The gradients, each in the shape and storage of its input.
public struct DeviceGradients: Sendable {
  public var dq: DeviceBuffer
  public var dk: DeviceBuffer
  public var dv: DeviceBuffer
  public var dbeta: DeviceBuffer
  /// Not wanted where nil.
  public var dInitialState: DeviceBuffer?

  public init(
    dq: DeviceBuffer, dk: DeviceBuffer, dv: DeviceBuffer, dbeta: DeviceBuffer,
    dInitialState: DeviceBuffer?
  ) {
    self.dq = dq
    self.dk = dk
    self.dv = dv
    self.dbeta = dbeta
    self.dInitialState = dInitialState
  }
}
