import DeltaRule
import DeltaRuleGPU

/// How a batch is computed on a device, and what such a kernel claims.
struct DeviceKernel: Sendable {
  let device: Device
  let form: DeviceForm
  let storage: Storage
  let precision: ProductPrecision

  /// Every form with every kind of product that the device has, in float32; and one of each kind with shorter numbers in
  /// memory.
  static func all(on device: Device) -> [DeviceKernel] {
    let forms: [DeviceForm] = [
      .recurrence, .walk(.sixteen), .walk(.sixtyFour), .parallel(.sixteen), .parallel(.sixtyFour),
    ]
    let products: [ProductPrecision] = device.hasMatrixUnits ? [.float32, .tf32] : [.float32]
    let long = forms.flatMap { form in
      (form == .recurrence ? [.float32] : products).map { DeviceKernel(device, form, .float32, $0) }
    }
    let short = [Storage.float16, .bfloat16].flatMap { storage in
      [DeviceForm.recurrence, .walk(.sixtyFour), .parallel(.thirtyTwo)].map { form in
        DeviceKernel(device, form, storage, products[products.count - 1])
      }
    }
    let pipelined =
      device.hasWarpgroups ? [DeviceKernel(device, .pipelined, .bfloat16, .bfloat16)] : []
    return long + short + pipelined
  }

  private init(
    _ device: Device, _ form: DeviceForm, _ storage: Storage, _ precision: ProductPrecision
  ) {
    self.device = device
    self.form = form
    self.storage = storage
    self.precision = precision
  }

  /// Whether it computes such batches. Those that are too narrow are filled up with zeros.
  func takes(_ shape: BatchShape, normalizes: Bool) -> Bool {
    form != .pipelined
      || !normalizes && !shape.hasVectorBeta && max(shape.keyDimension, shape.valueDimension) <= 128
  }

  /// What it claims to compute in.
  var claim: Precision {
    switch (storage, precision) {
    case (.float16, _): .f16
    case (.bfloat16, _): .bf16
    case (.float32, .tf32), (.float32, .bfloat16): .tf32
    case (.float32, .float32): .f32
    }
  }

  /// The kernel as laws see it.
  var kernel: BatchKernel<Float> {
    let isTokenByToken = form == .recurrence
    let chunkLength = form.chunkLength.rawValue
    return BatchKernel(
      name: form.name + (claim == .f32 ? "" : "-\(claim.rawValue)") + "@\(device.deviceName)",
      tokensTogether: { _ in isTokenByToken ? 1 : chunkLength },
      growth: { _ in
        isTokenByToken
          ? (Cost.Error(inverse: .none), 1) : (Cost.Error(inverse: .ofChunk), chunkLength)
      },
      loss: claim.loss,
      solve: { problem, wishes in
        try filled(problem, wishes).value
      },
      valueWithPullback: filled)
  }

  /// The value and the pullback, of a batch that is filled up to the widths that the kernel takes.
  @Sendable
  private func filled(
    _ problem: BatchedProblem<Float>, _ wishes: BatchKernel<Float>.Wishes
  ) throws -> (value: BatchedSolution<Float>, pullback: BatchKernel<Float>.Pullback) {
    guard form == .pipelined else { return try computed(problem, wishes) }
    let filling = Filling(problem.shape)
    let (value, pullback) = try computed(try filling.fill(problem), wishes)
    return (filling.cut(value), { filling.cut(try pullback(filling.fill($0))) })
  }

  private func computed(
    _ problem: BatchedProblem<Float>, _ wishes: BatchKernel<Float>.Wishes
  ) throws -> (value: BatchedSolution<Float>, pullback: BatchKernel<Float>.Pullback) {
    try DeltaRuleGPU.valueWithPullback(
      problem, on: device, using: form, storage: storage, precision: precision,
      normalizingQueriesAndKeys: wishes.normalizes)
  }
}

extension Precision {
  fileprivate var loss: Loss {
    switch self {
    case .f32, .f64: .float
    case .tf32: PrecisionModel.tf32.loss
    case .bf16: PrecisionModel.bfloat16.loss
    case .f16: PrecisionModel.float16.loss
    }
  }
}
