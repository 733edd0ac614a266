import Algebra
import DeltaRule

/// The tensors of a case that were computed, by their names in its file.
typealias Results = [String: Tensor<Double>]

/// Kernels that are right, run on the very data of a case.
///
/// They tell how large an error a precision excuses.
enum HonestArithmetic {
  /// Those in use; the two most common ones where a case is so large that its errors are many anyway.
  private static func chunkLengths(for problem: BatchedProblem<Double>) -> [Int] {
    let writes = problem.v.elements.count * problem.k.shape[3]
    return writes > 1 << 26 ? [16, 64] : [8, 16, 32, 64, 128, 256]
  }

  /// The recurrence in at least twice the claimed precision.
  static func reference(for file: CaseFile) async throws -> Results {
    file.precision == .f64
      ? try await file.results(DoubleDouble.init, by: recurrent())
      : try await file.results(Double.init(_:), by: recurrent())
  }

  /// Every honest model in chunks of every length. Where formats are narrower than what sums are taken in, also kernels
  /// that do not round to them; and, where there are so few results that some are right by luck, kernels that
  /// round by chance.
  private static func kernels(for file: CaseFile) -> [(PrecisionModel, chunkLength: Int)] {
    let models = PrecisionModel.honest(for: file.precision)
    let lengths = chunkLengths(for: file.problem)
    var kernels = models.flatMap { model in lengths.map { (model, chunkLength: $0) } }
    guard file.precision.format.significandBits < 24 else { return kernels }
    kernels.append((.float32, chunkLength: 64))
    if file.problem.v.elements.count <= 1 << 14 {
      for seed in 0..<4 as Range<UInt64> {
        kernels.append(
          (models[0].roundingStochastically(seed: seed), chunkLength: seed < 2 ? 16 : 64))
      }
    }
    return kernels
  }

  /// What honest kernels of the claimed precision return.
  static func results(for file: CaseFile) async throws -> [Results] {
    let kernels = kernels(for: file)
    return try await withThrowingTaskGroup(of: (Int, Results).self) { group in
      for (index, (model, chunkLength)) in kernels.enumerated() {
        group.addTask {
          (index, try await file.results(of: model, chunkLength: chunkLength))
        }
      }
      switch file.precision {
      case .f64:
        group.addTask { (-1, try await file.results(Double.init(_:), by: recurrent())) }
      case .f32:
        group.addTask { (-1, try await file.results(Float.init(_:), by: recurrent())) }
      case .tf32, .bf16, .f16: break
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// Not looked up in `Formulation.all`, which would be written out for every number type here. Backwards it
  /// keeps the state of every 64th token and finds the others again: the same numbers, in less memory.
  private static func recurrent<Scalar>() -> Formulation<Scalar> {
    Formulation(
      "recurrence", cost: .recurrence, takesVectorBeta: true, forward: { recurrence($0) },
      backward: { problem, cotangent in
        chunkByChunk(
          problem, cotangent, chunkLength: 64, stateAfter: { recurrence($0).finalState },
          backward: { recurrenceBackward($0, $1) })
      })
  }
}

extension CaseFile {
  /// What the chunk kernel of a precision model returns.
  func results(of model: PrecisionModel, chunkLength: Int) async throws -> Results {
    model.accumulator == .binary64
      ? try await results(
        Double.init(_:), by: PrecisionModel.inDouble(model), chunkLength: chunkLength)
      : try await results(
        Float.init(_:), by: PrecisionModel.inFloat(model), chunkLength: chunkLength)
  }

  /// What a formulation returns, head by head on every core, read back as `Double`.
  func results<Scalar: Real>(
    _ convert: (Double) -> Scalar, by form: Formulation<Scalar>, chunkLength: Int = 1
  ) async throws -> Results {
    typealias Answer = (solution: Solution<Scalar>, gradient: Gradient<Scalar>?)
    let problem = problem.map(convert)
    let operands = usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let cotangent = cotangent?.map(convert)
    let count = operands.sequenceCount * operands.headCount
    let answers = await withTaskGroup(of: (Int, Answer).self) { group in
      for index in 0..<count {
        group.addTask {
          let (sequence, head) = index.quotientAndRemainder(dividingBy: operands.headCount)
          let (batch, tokens) = operands.location(ofSequence: sequence)
          let part = operands.head(head, ofSequence: sequence)
          let gradient = cotangent.map {
            form.gradient(
              of: part,
              Cotangent(
                o: $0.o[batch, tokens: tokens, head: head],
                finalState: $0.finalState[sequence, stateOfHead: head]), chunkLength: chunkLength)
          }
          return (index, (form.solve(part, chunkLength: chunkLength), gradient))
        }
      }
      var answers = [Answer?](repeating: nil, count: count)
      for await (index, answer) in group { answers[index] = answer }
      return answers.compactMap { $0 }
    }
    // What puts batches together asks for their heads in this order.
    var solutions = answers.map(\.solution)[...]
    let solution = operands.solve { _ in solutions.removeFirst() }
    var results = ["o": solution.o, "final_state": solution.finalState]
    if let cotangent {
      var gradients = answers.compactMap(\.gradient)[...]
      var gradient = try operands.gradient(cotangent) { _, _ in gradients.removeFirst() }
      if usesL2Norm { gradient = problem.normalizationBackward(gradient) }
      results["dq"] = gradient.dq
      results["dk"] = gradient.dk
      results["dv"] = gradient.dv
      results["dbeta"] = gradient.dbeta
      results["dh0"] = gradient.dh0
    }
    return results.mapValues { tensor in tensor.map { $0.double } }
  }
}
