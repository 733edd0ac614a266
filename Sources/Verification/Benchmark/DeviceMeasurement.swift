import DeltaRule
public import DeltaRuleGPU

/// How long a configuration took on a device.
public struct DeviceMeasurement: Sendable {
  public let configuration: DeviceConfiguration
  /// How it was computed; never automatic.
  public let form: DeviceForm
  /// C.
  public let chunkLength: Int
  /// How many sets of tensors took turns.
  public let sets: Int
  /// Of whole passes.
  public let milliseconds: Samples

  public init(
    _ configuration: DeviceConfiguration, form: DeviceForm, chunkLength: Int, sets: Int,
    milliseconds: Samples
  ) {
    self.configuration = configuration
    self.form = form
    self.chunkLength = chunkLength
    self.sets = sets
    self.milliseconds = milliseconds
  }

  /// Of a token and head.
  public var nanoseconds: (minimum: Double, median: Double) {
    let scale = 1e6 / configuration.shape.tokensAndHeads
    return (milliseconds.minimum * scale, milliseconds.median * scale)
  }

  /// GB/s, counting each input once and each output once; at the minimum.
  public var bandwidth: Double { configuration.bytes / nanoseconds.minimum }

  /// Operations of a token and head.
  public var operations: Double { configuration.operations(by: form, chunkLength: chunkLength) }

  /// TFLOP/s, at the minimum.
  public var rate: Double { operations / nanoseconds.minimum * 1e-3 }

  /// What most of its factors are rounded to: the recurrence multiplies no matrices.
  package var products: ProductPrecision {
    if form == .recurrence, !configuration.pass.isGradient { return .float32 }
    return form == .pipelined || configuration.products != .bfloat16
      ? configuration.products : .tf32
  }
}
