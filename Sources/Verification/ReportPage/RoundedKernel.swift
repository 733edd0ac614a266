import Algebra
import DeltaRule

/// Something that computes the outputs of one head and rounds, whose accuracy is measured.
struct RoundedKernel: Sendable {
  let name: String
  /// What it computes in.
  let format: FloatFormat
  /// What its inputs are stored in.
  let storage: FloatFormat
  let isChunked: Bool
  private let cost: Cost
  /// o of a problem and a chunk length.
  let outputs: @Sendable (Problem<Double>, Int) -> Matrix<Double>

  init<Scalar: Real>(
    _ formulation: Formulation<Scalar>, _ format: FloatFormat, storage: FloatFormat? = nil
  ) {
    name = formulation.name
    self.format = format
    self.storage = storage ?? format
    isChunked = formulation.isChunked
    cost = formulation.cost
    outputs = { problem, chunkLength in
      formulation.solve(problem.map { Scalar($0) }, chunkLength: chunkLength).o.map(\.double)
    }
  }

  /// The chunk kernel of a model that keeps to a format where products are taken.
  private init(_ model: PrecisionModel) {
    self =
      model.accumulator == .binary64
      ? RoundedKernel(PrecisionModel.inDouble(model), model.operands, storage: model.inputs)
      : RoundedKernel(PrecisionModel.inFloat(model), model.operands, storage: model.inputs)
  }

  /// The multiplications that it documents.
  func work(_ setting: AccuracySetting) -> Double {
    CostShape(
      length: setting.length, chunkLength: setting.chunkLength,
      keyDimension: AccuracySetting.features, valueDimension: AccuracySetting.features
    ).value(of: cost.multiplications).double
  }

  /// The chunk kernels of the precisions that kernels claim.
  static let precisions = [
    PrecisionModel.float64, .float32, .tf32, .float16, .bfloat16,
  ].map { RoundedKernel($0) }

  /// The formulations with every number a `Float`.
  static let formulations = Formulations.float.map { RoundedKernel($0, .binary32) }

  /// The formulations with every number of one type, type by type.
  static let byNumbers = [
    Formulations.double.map { RoundedKernel($0, .binary64) },
    formulations,
    Formulations.tf32.map { RoundedKernel($0, .tf32, storage: .binary32) },
    Formulations.binary16.map { RoundedKernel($0, .binary16) },
    Formulations.bfloat16.map { RoundedKernel($0, .bfloat16) },
  ]
}
