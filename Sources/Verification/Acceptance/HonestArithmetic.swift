import Algebra
import DeltaRule

/// The results that honest kernels of some precision give on the very data of a case.
///
/// They tell how large an error the precision excuses.
enum HonestArithmetic {
  typealias Results = [String: Tensor<Double>]

  private static let chunkLengths = [16, 64]

  /// One closure for each honest kernel.
  static func kernels(for file: CaseFile) -> [@Sendable () throws -> Results] {
    switch file.precision {
    case .f64:
      kernels(for: file, { $0 }, [recurrent()])
        + kernels(for: file, { InOrder<Double>($0) }, [recurrent()] + chunked())
    case .f32:
      kernels(for: file, { Float($0) }, [recurrent()])
        + kernels(for: file, { InOrder<Float>($0) }, [recurrent()] + chunked())
    case .bf16, .f16:
      kernels(for: file, { $0 }, mixed(file.precision.rounded))
    case .tf32:
      // Matrix units take float32 operands and drop their last bits.
      kernels(for: file, { $0 }, mixed(file.precision.rounded) + mixed(file.precision.truncated))
    }
  }

  /// The recurrence in at least twice the claimed precision.
  static func reference(for file: CaseFile) throws -> Results {
    file.precision == .f64
      ? try results(for: file, DoubleDouble.init, recurrent())
      : try results(for: file, { $0 }, recurrent())
  }

  private typealias Kernel<Scalar: Ring> = (form: Formulation<Scalar>, chunkLength: Int)

  // Not looked up in `Formulation.all`, which would be written out for every number type here.
  private static func recurrent<Scalar>() -> Kernel<Scalar> {
    (
      Formulation(
        "recurrence", cost: .recurrence, takesVectorBeta: true,
        forward: { recurrence($0) }, backward: { recurrenceBackward($0, $1) }), 1
    )
  }

  private static func chunked<Scalar>() -> [Kernel<Scalar>] {
    let form = Formulation<Scalar>(
      chunked: "chunkwise", cost: .chunkwise,
      forward: { chunkwise($0, chunkLength: $1) },
      backward: { chunkwiseBackward($0, $1, chunkLength: $2) })
    return chunkLengths.map { (form, $0) }
  }

  private static func mixed(
    _ rounded: @escaping @Sendable (Double) -> Double
  ) -> [Kernel<Double>] {
    chunkLengths.map { (mixedPrecisionChunkwise(rounded), $0) }
  }

  private static func kernels<Scalar: Real>(
    for file: CaseFile, _ convert: @escaping @Sendable (Double) -> Scalar,
    _ kernels: [Kernel<Scalar>]
  ) -> [@Sendable () throws -> Results] {
    kernels.map { kernel in { try results(for: file, convert, kernel) } }
  }

  /// What a kernel over `Scalar` returns, read back as `Double`.
  private static func results<Scalar: Real>(
    for file: CaseFile, _ convert: (Double) -> Scalar, _ kernel: Kernel<Scalar>
  ) throws -> Results {
    let problem = file.problem.map(convert)
    let operands = file.usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let solution = operands.solve { kernel.form.solve($0, chunkLength: kernel.chunkLength) }
    var results = ["o": solution.o, "final_state": solution.finalState]
    if let cotangent = file.cotangent {
      var gradient = try operands.gradient(cotangent.map(convert)) {
        kernel.form.gradient(of: $0, $1, chunkLength: kernel.chunkLength)
      }
      if file.usesL2Norm { gradient = problem.normalizationBackward(gradient) }
      results["dq"] = gradient.dq
      results["dk"] = gradient.dk
      results["dv"] = gradient.dv
      results["dbeta"] = gradient.dbeta
      results["dh0"] = gradient.dh0
    }
    return results.mapValues { $0.map(\.double) }
  }
}
