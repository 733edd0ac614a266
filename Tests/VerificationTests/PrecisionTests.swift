import Algebra
import DeltaRule
import Foundation
import PropertyTesting
import Testing

@testable import TensorFiles
@testable import Verification

/// An exported case before a kernel has filled it.
func unfilled(_ name: String, seed: UInt64) throws -> CaseFile {
  try #require(CaseExport.all.first { $0.name == name }).unfilled(seed: seed)
}

extension CaseFile {
  /// This case, filled by a chunk kernel with the roundings of a model, and what it claims.
  func filled(
    by model: PrecisionModel, chunkLength: Int, claiming precision: Precision
  ) async throws -> CaseFile {
    var file = filled(with: try await results(of: model, chunkLength: chunkLength))
    file.precision = precision
    return file
  }
}

@Suite("Precision models")
struct PrecisionModelTests {
  @Test
  func namesAreUnique() {
    #expect(Set(PrecisionModel.all.map(\.name)).count == PrecisionModel.all.count)
  }

  private func problem<Scalar: Real>(_ convert: (Double) -> Scalar) throws -> Problem<Scalar> {
    try unfilled("wide-values", seed: 3).problem.head(0, ofSequence: 0).map(convert)
  }

  /// Without roundings of its own the model kernel is a chunkwise form.
  @Test(arguments: [1, 16, 64, 256])
  func float64IsExact(chunkLength: Int) throws {
    let problem = try problem { $0 }
    let form = PrecisionModel.inDouble(.float64)
    let exact = recurrence(problem.map { DoubleDouble($0) })
    let solution = form.solve(problem, chunkLength: chunkLength)
    for (x, y) in zip(solution.o.entries, exact.o.entries) { #expect(abs(x - y.double) < 1e-13) }
    let cotangent = Cotangent(o: problem.v, finalState: problem.initialState)
    let gradient = form.gradient(of: problem, cotangent, chunkLength: chunkLength)
    let expected = recurrenceBackward(
      problem.map { DoubleDouble($0) }, cotangent.map { DoubleDouble($0) })
    for (x, y) in [
      (gradient.dq, expected.dq), (gradient.dk, expected.dk), (gradient.dv, expected.dv),
      (gradient.dbeta, expected.dbeta), (gradient.dh0, expected.dh0),
    ] {
      for (x, y) in zip(x.entries, y.entries) { #expect(abs(x - y.double) < 1e-12) }
    }
  }

  /// Each place that a model rounds moves the results, and a coarser format moves them further.
  @Test
  func everyPlaceMatters() throws {
    let problem = try problem { Float($0) }
    let exact = recurrence(problem.map { Double($0) })
    let cotangent = Cotangent(o: problem.v, finalState: problem.initialState)
    let exactGradient = recurrenceBackward(
      problem.map { Double($0) }, cotangent.map { Double($0) })
    func distance(_ x: [Float], _ y: [Double]) -> Double {
      rootMeanSquare(zip(x, y).map { abs(Double($0) - $1) })
    }
    func error(_ model: PrecisionModel) -> Double {
      let result = PrecisionModel.inFloat(model).solve(problem, chunkLength: 16)
      return distance(
        result.o.entries + result.finalState.entries, exact.o.entries + exact.finalState.entries)
    }
    func gradientError(_ model: PrecisionModel) -> Double {
      let result = PrecisionModel.inFloat(model).gradient(of: problem, cotangent, chunkLength: 16)
      return distance(
        result.dq.entries + result.dk.entries, exactGradient.dq.entries + exactGradient.dk.entries)
    }
    for model in PrecisionModel.lapses {
      #expect(error(model) > 10 * error(.float32), "\(model.name)")
      #expect(gradientError(model) > 10 * gradientError(.float32), "gradient of \(model.name)")
    }
    #expect(error(.bfloat16) > 4 * error(.float16))
    #expect(error(.truncatedTF32) > 1.5 * error(.tf32))
  }

  @Test
  func stochasticRoundingDependsOnItsSeedAlone() throws {
    let problem = try problem { Float($0) }
    func solution(_ seed: UInt64) -> Solution<Float> {
      PrecisionModel.inFloat(.bfloat16.roundingStochastically(seed: seed))
        .solve(problem, chunkLength: 16)
    }
    #expect(solution(1).o == solution(1).o)
    #expect(solution(1).o != solution(2).o)
    let exact = recurrence(problem.map { Double($0) }).o.entries
    // The mean of many runs is nearer to the exact result than a single run is.
    let runs = (0..<32 as Range<UInt64>).map { solution($0).o.entries.map { Double($0) } }
    let mean = exact.indices.map { i in runs.reduce(0) { $0 + $1[i] } / Double(runs.count) }
    func error(_ x: [Double]) -> Double { rootMeanSquare(zip(x, exact).map { abs($0 - $1) }) }
    #expect(error(mean) < 0.4 * error(runs[0]))
  }
}

@Suite("What a precision excuses")
struct AcceptanceTests {
  /// Kernels that are right, by chunk lengths that are not among those of the judge, too.
  @Test(
    arguments: [
      (
        PrecisionModel.float32, Precision.f32,
        ["plain", "packed", "strong-writes", "identical-keys"]
      ),
      (.float32, .tf32, ["wide-keys"]), (.tf32, .tf32, ["plain", "strong-writes"]),
      (.truncatedTF32, .tf32, ["odd-widths"]), (.bfloat16, .bf16, ["bfloat", "l2-norm"]),
      (.float16, .f16, ["half", "grouped-heads"]), (.float64, .f64, ["double"]),
    ], [24, 64])
  func noFalseAlarms(
    kernel: (PrecisionModel, Precision, [String]), chunkLength: Int
  ) async throws {
    for name in kernel.2 {
      let file = try await unfilled(name, seed: 21).filled(
        by: kernel.0, chunkLength: chunkLength, claiming: kernel.1)
      let judgement = try await Judgement(of: file)
      #expect(judgement.isRight, "\(judgement.text)")
    }
  }

  /// Nor are the formulations wrong, in Float, with sums by halves and chunks that are not among the judge's; but for those
  /// that multiply dk × dk matrices, which nobody's kernel does.
  @Test(arguments: ["plain", "strong-writes", "wide-keys", "l2-norm"])
  func noFormulationIsWrong(name: String) async throws {
    let file = try unfilled(name, seed: 22)
    for form in Formulation<Float>.all
    where form.cost.growth.error.isStable && !form.cost.growth.error.formsTransitions {
      let filled = file.filled(
        with: try await file.results({ Float($0) }, by: form, chunkLength: 24))
      let judgement = try await Judgement(of: filled)
      #expect(judgement.isRight, "\(form.name): \(judgement.text)")
    }
  }

  /// One factor for all values is found where no single error is too large: 1 % in bfloat16.
  @Test
  func biasIsFound() async throws {
    var file = try await unfilled("bfloat", seed: 4).filled(
      by: .bfloat16, chunkLength: 64, claiming: .bf16)
    let o = file.results[0]
    file.results[0] = CaseFile.Result(
      name: "o", values: o.values.map { FloatFormat.bfloat16.rounded($0 * 1.01) }, storage: .bf16)
    let judgement = try await Judgement(of: file)
    let tensor = try #require(judgement.tensors.first)
    #expect(tensor.bias > 1)
    #expect(max(tensor.whole, tensor.row, tensor.element) < 1)
    #expect(judgement.tensors.dropFirst().allSatisfy { $0.isRight })
  }

  /// Stochastic rounding is honest, too.
  @Test
  func stochasticRoundingIsNoBug() async throws {
    for seed in 0..<3 as Range<UInt64> {
      let file = try await unfilled("bfloat", seed: 4).filled(
        by: .bfloat16.roundingStochastically(seed: seed), chunkLength: 64, claiming: .bf16)
      #expect(try await Judgement(of: file).isRight)
    }
  }

  /// A kernel that claims float32 and keeps one place in a lower precision is wrong, and told so: every third one.
  @Test(
    arguments: stride(from: 0, to: PrecisionModel.lapses.count, by: 3).map {
      PrecisionModel.lapses[$0]
    })
  func lapsesAreFound(model: PrecisionModel) async throws {
    let file = try await unfilled("plain", seed: 8).filled(
      by: model, chunkLength: 64, claiming: .f32)
    let judgement = try await Judgement(of: file)
    #expect(!judgement.isRight)
    // Of float16 and tf32, with the same 11 bits, either may be named.
    let names = judgement.diagnosis.compactMap(\.name)
    let place = model.name.drop { $0 != "-" }
    let twins = model.name.hasPrefix("bf16") ? [model.name] : ["f16" + place, "tf32" + place]
    #expect(!Set(names).isDisjoint(with: twins), "\(names)")
    #expect(judgement.text.contains("consistent with"))
  }

  /// All of a kernel in bfloat16: no single place explains that, the precision does.
  @Test
  func lowerPrecisionIsNamed() async throws {
    let file = try await unfilled("plain", seed: 8).filled(
      by: .bfloat16, chunkLength: 64, claiming: .f32)
    let judgement = try await Judgement(of: file)
    #expect(judgement.diagnosis.first?.name == "bf16")
    #expect(judgement.text.contains("consistent with bf16"))
  }

  @Test
  func overflowIsExplained() async throws {
    var file = try unfilled("plain", seed: 1)
    let k = file.problem.k.map { $0 * 8 }
    file.problem = try BatchedProblem(
      q: file.problem.q, k: k, v: file.problem.v, beta: file.problem.beta,
      scale: file.problem.scale, initialState: file.problem.initialState)
    do {
      _ = try await Judgement(of: file.filled(by: .float32, chunkLength: 64, claiming: .f32))
      Issue.record("states of 10³⁸ were judged")
    } catch let error as TensorFileError {
      #expect("\(error)".contains("normalise the keys so that 0 ≤ β|k|² ≤ 2"))
      #expect("\(error)".contains("at token [0, "))
    }
  }
}

@Suite("Repeatability")
struct RepeatabilityTests {
  private func runs(_ change: (inout [Double], inout [Double]) -> Void) async throws -> [CaseFile] {
    let file = try await unfilled("plain", seed: 2).filled(
      by: .float32, chunkLength: 64, claiming: .f32)
    var other = file
    var (o, dq) = (file.results[0].values.elements, file.results[2].values.elements)
    change(&o, &dq)
    for (index, elements) in [(0, o), (2, dq)] {
      let result = file.results[index]
      other.results[index] = CaseFile.Result(
        name: result.name, values: Tensor(shape: result.values.shape, elements: elements),
        storage: result.storage)
    }
    return [file, other, file]
  }

  @Test
  func bitwise() async throws {
    let found = try Repeatability(of: try await runs { _, _ in })
    #expect(found.isBitwise)
    #expect(found.text == "3 runs: the same bits every time\n")
  }

  @Test
  func differences() async throws {
    let found = try Repeatability(
      of: try await runs { o, dq in
        o[7] = Double(Float(o[7]).nextUp)
        o[9] = Double(Float(o[9]).nextDown.nextDown)
        dq[3] = .nan
      })
    #expect(!found.isBitwise)
    #expect(found.differences.map(\.differing) == [2, 0, 1, 0, 0, 0, 0])
    #expect(found.differences[0].ulps == 2)
    #expect(found.differences[2].ulps == .infinity)
    #expect(found.text.contains("not finite"))
    let json = try [Verdict]().json(found)
    #expect(json.contains("\"bitwise\" : false"))
  }

  /// Zeros of either sign are different bits, and nothing apart.
  @Test
  func signedZeros() async throws {
    var runs = try await runs { _, _ in }
    for (index, zero) in [(0, 0.0), (1, -0.0), (2, 0.0)] {
      let result = runs[index].results[0]
      runs[index].results[0] = CaseFile.Result(
        name: "o", values: result.values.map { _ in zero }, storage: .f32)
    }
    let found = try Repeatability(of: runs)
    #expect(!found.isBitwise)
    #expect(found.differences[0].ulps == 0)
  }

  @Test
  func otherCasesAreNoRuns() async throws {
    let one = try await unfilled("plain", seed: 2).filled(
      by: .float32, chunkLength: 64, claiming: .f32)
    let other = try await unfilled("plain", seed: 3).filled(
      by: .float32, chunkLength: 64, claiming: .f32)
    var fewer = one
    fewer.results.removeLast()
    for pair in [[one, other], [one, fewer]] {
      #expect(throws: TensorFileError.self) { try Repeatability(of: pair) }
    }
  }
}
