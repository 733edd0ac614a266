public import DeltaRule
public import DeltaRuleCPU

/// What is timed: a pass of a form, on numbers of one type, for a batch of one shape.
public struct BenchmarkConfiguration: Equatable, Sendable {
  public let form: Form
  public let pass: BenchmarkPass
  public let numbers: BenchmarkNumbers
  /// One token long where the pass is ``BenchmarkPass/decode``.
  public let shape: BatchShape

  public init(form: Form, pass: BenchmarkPass, numbers: BenchmarkNumbers, shape: BatchShape) {
    self.form = form
    self.pass = pass
    self.numbers = numbers
    self.shape = shape
  }

  var setting: BenchmarkSetting {
    BenchmarkSetting(pass, numbers: numbers.rawValue, shape)
  }

  /// The fewest operations that the pass takes.
  var operations: Double {
    Double(pass.operations) * shape.tokensAndHeads * shape.stateSize
  }

  /// Bytes of inputs, outputs and states that the pass goes through: each read once, or written once.
  var bytes: Double {
    let (tokens, states) = (shape.tokensAndHeads, shape.stateNumbers)
    let (keys, values) = (
      tokens * Double(shape.keyDimension), tokens * Double(shape.valueDimension)
    )
    // q k v β o h0 and the final state.
    let forward = 2 * keys + 2 * values + tokens + 2 * states
    // q k β residuals do h0 dht, and dq dk dv dβ dh0.
    let backward = 4 * keys + 3 * values + 2 * tokens + 3 * states
    let count =
      switch pass {
      case .forward, .decode: forward
      case .backward: backward
      case .forwardAndBackward: forward + values + backward
      }
    return count * Double(numbers.size)
  }
}

/// What measurements of several forms at several lengths have in common.
public struct BenchmarkSetting: Equatable, Sendable {
  public let pass: BenchmarkPass
  /// What the numbers are called, like `f32`.
  public let numbers: String
  /// B.
  public let batch: Int
  /// H.
  public let heads: Int
  /// dk.
  public let keyDimension: Int
  /// dv.
  public let valueDimension: Int

  init(_ pass: BenchmarkPass, numbers: String, _ shape: BatchShape) {
    self.pass = pass
    self.numbers = numbers
    batch = shape.batch
    heads = shape.heads
    keyDimension = shape.keyDimension
    valueDimension = shape.valueDimension
  }
}

// In floating point: shapes that fit into no memory have sizes that fit into no integer.
extension BatchShape {
  /// B·L·H.
  var tokensAndHeads: Double { Double(batch) * Double(length) * Double(heads) }
  /// dk·dv.
  var stateSize: Double { Double(keyDimension) * Double(valueDimension) }
  /// N·H·dk·dv.
  var stateNumbers: Double { Double(sequenceCount) * Double(heads) * stateSize }
}
