import Algebra
import DeltaRule
import Glibc

/// Something that a wrong kernel's results tell about its mistake.
public enum Finding: Sendable {
  /// Tensors agree with those of a kernel that makes this mistake, to the relative distance `distance`.
  case fault(Fault, tensors: [String], distance: Double)
  /// Tensors agree with those of a kernel with these roundings.
  case model(PrecisionModel, tensors: [String], distance: Double)
  /// All errors are such as honest arithmetic of a lower precision makes.
  case precision(Precision)
  /// A tensor is a multiple of what it should be.
  case factor(tensor: String, factor: Double, distance: Double)
  /// Where a tensor is wrong.
  case place(String)

  /// The name of the fault, or of the precision model or precision; nil for other findings.
  public var name: String? {
    switch self {
    case .fault(let fault, _, _): fault.rawValue
    case .model(let model, _, _): model.name
    case .precision(let precision): precision.rawValue
    case .factor, .place: nil
    }
  }
}

/// What the mistake in a wrong file looks like.
struct Diagnosis {
  private(set) var findings: [Finding] = []

  /// - Parameters:
  ///   - expectation: for the whole file.
  ///   - tensors: the judgement of its tensors, not all of them right.
  init(_ file: CaseFile, _ expectation: Expectation, _ tensors: [TensorJudgement]) async throws {
    let wrong = tensors.filter { !$0.isRight }
    // The outputs; or the gradients, where the outputs are right.
    let outputs = wrong.filter { CaseFile.forwardResults.contains($0.name) }
    let small = try file.excerpt(around: outputs.isEmpty ? wrong : outputs, expectation)
    findings = try await Suspects(
      small, small.isWhole(of: file) ? expectation : try await Expectation(for: small),
      outputs.isEmpty ? CaseFile.gradients : CaseFile.forwardResults
    ).explanations()
    if findings.isEmpty {
      findings = try await small.lowerPrecision()
    }
    if findings.isEmpty {
      findings = wrong.compactMap { file.factor(of: $0.name, expectation) }
    }
    findings += wrong.compactMap { file.place(of: $0, expectation) }
  }
}

/// Runs kernels with known mistakes on a case, and compares.
private struct Suspects {
  private let file: CaseFile
  /// The results that are compared.
  private let compared: [Compared]

  private struct Compared {
    let result: CaseFile.Result
    let exact: Tensor<Double>
    let isWrong: Bool
    /// Counted from the start of its sequence; nil where the tensor has no token axis, or none is wrong.
    let firstWrongToken: Int?
    let excused: ExcusedErrors
    /// The root mean square of its errors.
    let original: Double
  }

  init(_ file: CaseFile, _ expectation: Expectation, _ names: [String]) {
    self.file = file
    compared = file.results.filter { names.contains($0.name) }.compactMap { result in
      guard let exact = expectation.exact[result.name],
        let excused = expectation.excused(in: result)
      else { return nil }
      let errors = result.values.errors(from: exact)
      return Compared(
        result: result, exact: exact, isWrong: !excused.allow(errors),
        firstWrongToken: file.wrongTokens(of: result, expectation).min(), excused: excused,
        original: rootMeanSquare(errors))
    }
  }

  private var needsGradient: Bool {
    compared.contains { CaseFile.gradients.contains($0.result.name) }
  }

  private typealias Suspect = (finding: Finding, score: Double)

  /// The best explanations, at most three of the same quality.
  func explanations() async throws -> [Finding] {
    guard compared.contains(where: \.isWrong) else { return [] }
    // The recurrence as a chunk of one token; last where the first wrong token might begin a chunk.
    let usual = [64, 32, 16, 128, 1]
    let first = compared.compactMap(\.firstWrongToken).min() ?? 0
    for chunkLength in usual + (first > 1 && !usual.contains(first) ? [first] : []) {
      let found = await suspects(chunkLength)
      guard let best = found.map(\.score).min() else { continue }
      // Half as far again for what differs by chance.
      return found.filter { $0.score <= best + log(1.5) }.sorted { $0.score < $1.score }.prefix(3)
        .map(\.finding)
    }
    return []
  }

  /// Those that explain the results.
  private func suspects(_ chunkLength: Int) async -> [Suspect] {
    let names = compared.filter(\.isWrong).map(\.result.name)
    return await withTaskGroup(of: Suspect?.self) { group in
      for fault in Fault.allCases {
        group.addTask {
          guard let results = try? file.results(of: fault, chunkLength, needsGradient) else {
            return nil
          }
          return agreement(with: results, isLapse: false).map {
            (.fault(fault, tensors: names, distance: $0.distance), $0.score)
          }
        }
      }
      if file.precision == .f32 || file.precision == .tf32 {
        for model in PrecisionModel.lapses {
          group.addTask {
            var case_ = file
            if !needsGradient { case_.cotangent = nil }
            guard let results = try? await case_.results(of: model, chunkLength: chunkLength) else {
              return nil
            }
            return agreement(with: results, isLapse: true).map {
              (.model(model, tensors: names, distance: $0.distance), $0.score)
            }
          }
        }
      }
      return await group.reduce(into: []) { found, suspect in
        if let suspect { found.append(suspect) }
      }
    }
  }

  /// How near the compared results are to `suspected`, or nil where that does not explain them.
  ///
  /// - Parameter isLapse: whether what differs by a rounding may differ by more.
  private func agreement(
    with suspected: Results, isLapse: Bool
  ) -> (distance: Double, score: Double)? {
    var score = 0.0
    var distance = 0.0
    for tensor in compared {
      guard let suspect = suspected[tensor.result.name] else { return nil }
      let residual = tensor.result.values.errors(from: suspect)
      let agrees = tensor.excused.allow(residual)
      guard tensor.isWrong else {
        if agrees { continue }
        return nil
      }
      // What is right itself explains nothing.
      guard !tensor.excused.allow(suspect.errors(from: tensor.exact)) else { return nil }
      let size = rootMeanSquare(residual)
      guard size.isFinite, agrees || size <= (isLapse ? 0.3 : 0.02) * tensor.original else {
        return nil
      }
      let values = rootMeanSquare(suspect.elements.map(abs))
      distance = max(distance, values > 0 ? size / values : size)
      score += log(max(size, .leastNormalMagnitude) / tensor.original)
    }
    return score.isFinite && distance < 0.1 ? (distance, score) : nil
  }
}

extension CaseFile {
  /// What a kernel with this mistake returns, computed in `Double`.
  fileprivate func results(
    of fault: Fault, _ chunkLength: Int, _ needsGradient: Bool
  ) throws -> Results {
    let kernel = FaultyKernel<Double>(fault, chunkLength: chunkLength)
    return try results(of: kernel, gradient: needsGradient, convert: { $0 })
  }

  /// What a faulty kernel returns: its outputs, or its gradients.
  func results<Scalar: Real>(
    of kernel: FaultyKernel<Scalar>, gradient needsGradient: Bool, convert: (Double) -> Scalar
  ) throws -> Results {
    let problem = problem.map(convert)
    guard needsGradient, let cotangent else {
      let solution = try kernel.solve(problem, usesL2Norm: usesL2Norm)
      return ["o": solution.o, "final_state": solution.finalState].mapValues { $0.map(\.double) }
    }
    let gradient = try kernel.gradient(problem, cotangent.map(convert), usesL2Norm: usesL2Norm)
    return [
      "dq": gradient.dq, "dk": gradient.dk, "dv": gradient.dv, "dbeta": gradient.dbeta,
      "dh0": gradient.dh0,
    ].mapValues { $0.map(\.double) }
  }

  /// The highest precision below the claimed one that excuses every error, if there is one.
  fileprivate func lowerPrecision() async throws -> [Finding] {
    for precision in [Precision.f32, .tf32, .f16, .bf16]
    where precision.format.significandBits < self.precision.format.significandBits {
      guard let expectation = try? await Expectation(for: self, claiming: precision) else {
        continue
      }
      if await expectation.judge(self).allSatisfy(\.isRight) { return [.precision(precision)] }
    }
    return []
  }

  /// The multiple of the exact values that a result is, if it is one.
  fileprivate func factor(of name: String, _ expectation: Expectation) -> Finding? {
    guard let values = results.first(where: { $0.name == name })?.values.elements,
      let exact = expectation.exact[name]?.elements, values.allSatisfy(\.isFinite)
    else { return nil }
    let square = exact.reduce(0) { $0 + $1 * $1 }
    let factor = zip(values, exact).reduce(0) { $0 + $1.0 * $1.1 } / square
    let residual = rootMeanSquare(zip(values, exact).map { abs($0 - factor * $1) })
    let original = rootMeanSquare(zip(values, exact).map { abs($0 - $1) })
    let size = rootMeanSquare(values.map(abs))
    guard factor.isFinite, residual <= 0.05 * original || abs(factor - 1) > 8 * residual / size,
      residual <= 0.05 * size
    else { return nil }
    return .factor(
      tensor: name, factor: factor,
      distance: residual == 0 ? 0 : residual / size)
  }
}
