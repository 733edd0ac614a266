import Algebra
import DeltaRule

/// The results that honest kernels of some precision give on the very data of a case.
///
/// They tell how large an error the precision excuses. A kernel of lower precision rounds where
/// real kernels do: operands, T, W, U, pseudo-values, the state that enters a product, the scores and
/// the output, accumulating in between without loss.
enum HonestArithmetic {
  private static let chunkLengths = [16, 64]

  /// - Returns: the solution of each honest kernel.
  static func solutions(
    of problem: BatchedProblem<Double>, usesL2Norm: Bool, in precision: Precision
  ) -> [@Sendable () -> BatchedSolution<Double>] {
    switch precision {
    case .f64: kernels(problem, usesL2Norm, { $0 }, standardForms(over: Double.self))
    case .f32: kernels(problem, usesL2Norm, { Float($0) }, standardForms(over: Float.self))
    case .tf32, .bf16, .f16:
      kernels(
        problem, usesL2Norm, { $0 }, chunkLengths.map { (mixedChunkwise(precision), $0) })
    }
  }

  /// Every operation rounded to `Scalar`.
  private static func standardForms<Scalar>(
    over type: Scalar.Type
  ) -> [(form: Formulation<Scalar>, chunkLength: Int)] {
    let recurrent = Formulation<Scalar>(
      "recurrence", cost: .recurrence, takesVectorBeta: true
    ) { recurrence($0) }
    let chunked = Formulation<Scalar>(chunked: "chunkwise", cost: .chunkwise) {
      chunkwise($0, chunkLength: $1)
    }
    return [(recurrent, 1)] + chunkLengths.map { (chunked, $0) }
  }

  private static func kernels<Scalar: Real>(
    _ problem: BatchedProblem<Double>, _ usesL2Norm: Bool,
    _ convert: @escaping @Sendable (Double) -> Scalar,
    _ forms: [(form: Formulation<Scalar>, chunkLength: Int)]
  ) -> [@Sendable () -> BatchedSolution<Double>] {
    forms.map { form, chunkLength in
      {
        solution(of: problem, usesL2Norm: usesL2Norm, convert) {
          form.solve($0, chunkLength: chunkLength)
        }
      }
    }
  }

  /// The answer over another number type, read back as `Double`.
  static func solution<Scalar: Real>(
    of problem: BatchedProblem<Double>, usesL2Norm: Bool, _ convert: (Double) -> Scalar,
    by solve: (Problem<Scalar>) -> Solution<Scalar>
  ) -> BatchedSolution<Double> {
    let converted = problem.map(convert)
    let normalized = usesL2Norm ? converted.normalizingQueriesAndKeys() : converted
    return normalized.solve(solve).map(\.double)
  }

  /// The chunkwise form with the roundings of kernels that feed matrix units.
  private static func mixedChunkwise(_ precision: Precision) -> Formulation<Double> {
    @Sendable func stored(_ x: Matrix<Double>) -> Matrix<Double> { x.map(precision.rounded) }
    return Formulation(chunked: "mixed-chunkwise", cost: .chunkwise) { problem, chunkLength in
      var S = problem.initialState
      var o = Matrix<Double>.zero(problem.length, problem.valueDimension)
      for chunk in problem.chunks(of: chunkLength) {
        let (q, k) = (stored(problem.q[rows: chunk]), stored(problem.k[rows: chunk]))
        let (v, beta) = (stored(problem.v[rows: chunk]), stored(problem.beta[rows: chunk]))
        let T = stored(utTransform(k: k, beta: beta))
        let (W, U) = (stored(T * k), stored(T * v))
        let entering = stored(S)
        let X = stored(U - W * entering)
        let scores = stored((q * k.transposed).lowerTriangle)
        o[rows: chunk] = stored(problem.scale * (q * entering + scores * X))
        S += k.transposed * X
      }
      return Solution(o: o, finalState: S)
    }
  }
}
