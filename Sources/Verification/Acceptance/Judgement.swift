import Algebra
import DeltaRule
public import TensorFiles

/// What came of one file.
public enum Verdict: Sendable {
  case judged(Judgement)
  case unreadable(TensorFileError)

  public var judgement: Judgement? {
    if case .judged(let judgement) = self { judgement } else { nil }
  }

  public var error: TensorFileError? {
    if case .unreadable(let error) = self { error } else { nil }
  }
}

/// The verdict on a case file.
public struct Judgement: Sendable {
  public let file: CaseFile
  public let tensors: [TensorJudgement]
  /// What the mistake looks like; empty where there is none.
  public let diagnosis: [Finding]

  /// Whether every tensor is right.
  public var isRight: Bool { tensors.allSatisfy(\.isRight) }

  /// Judges what `file` holds.
  ///
  /// The reference is the recurrence in at least twice the claimed precision. The errors that honest
  /// kernels of that precision make on the same data say how large an error may be: as a whole, in
  /// each row (b, t, h) and at each element.
  ///
  /// - Throws: `TensorFileError` where the inputs are such that honest arithmetic overflows.
  /// - Complexity: a few times the work of the recurrence, on every core.
  public init(of file: CaseFile) async throws {
    try await self.init(of: file, Expectation(for: file))
  }

  /// - Parameter expectation: for that file.
  init(of file: CaseFile, _ expectation: Expectation) async throws {
    let tensors = await expectation.judge(file)
    self.file = file
    self.tensors = tensors
    diagnosis =
      tensors.allSatisfy(\.isRight) ? [] : try await Diagnosis(file, expectation, tensors).findings
  }
}

/// What a case should give, and how far an honest kernel may be from it.
struct Expectation: Sendable {
  /// What the kernel claims to compute in.
  private let precision: Precision
  let exact: Results
  let honest: [Results]

  /// - Parameter precision: what the kernel claims to compute in; by default what the file says.
  init(for file: CaseFile, claiming precision: Precision? = nil) async throws {
    let precision = precision ?? file.precision
    let claim = file.claiming(precision)
    async let exact = HonestArithmetic.reference(for: claim)
    async let honest = HonestArithmetic.results(for: claim)
    self.precision = precision
    self.exact = try await exact
    self.honest = try await honest
    try claim.checkRange(of: self.exact, self.honest)
    guard saysSomething else {
      throw TensorFileError(
        file: file.name,
        problem: "its inputs leave honest \(precision.rawValue) arithmetic no correct digit",
        remedy: "use values, states and cotangents nearer to 1")
    }
  }

  func judge(_ file: CaseFile) async -> [TensorJudgement] {
    await withTaskGroup(of: (Int, TensorJudgement?).self) { group in
      for (index, result) in file.results.enumerated() {
        group.addTask { (index, judge(result, in: file)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }.sorted { $0.0 < $1.0 }.compactMap(\.1)
  }

  func judge(_ result: CaseFile.Result, in file: CaseFile) -> TensorJudgement? {
    guard let exact = exact[result.name], let excused = excused(in: result) else { return nil }
    return TensorJudgement(result, exact: exact, excused, in: file)
  }

  /// The errors that the precision excuses in a result; nil where it was not asked for.
  func excused(in result: CaseFile.Result) -> ExcusedErrors? {
    exact[result.name].map {
      ExcusedErrors(
        $0, honest: honest.compactMap { $0[result.name] }, result, claiming: precision)
    }
  }
}

extension Expectation {
  /// What is expected of a part of a case, of a kernel that is given the whole.
  func cut(to part: CasePart, of file: CaseFile) -> Expectation {
    func cut(_ results: Results) -> Results {
      results.reduce(into: [:]) { $0[$1.key] = file.cut($1.value, named: $1.key, to: part) }
    }
    return Expectation(precision: precision, exact: cut(exact), honest: honest.map(cut))
  }

  private init(precision: Precision, exact: Results, honest: [Results]) {
    self.precision = precision
    self.exact = exact
    self.honest = honest
  }

  /// Whether honest kernels have a correct digit in any tensor that is not exact.
  fileprivate var saysSomething: Bool {
    exact.contains { name, exact in
      let size = rootMeanSquare(exact.elements.map(abs))
      return honest.contains { kernel in
        guard let values = kernel[name] else { return false }
        let error = rootMeanSquare(values.errors(from: exact))
        return error == 0 || error < size
      }
    }
  }
}

extension CaseFile {
  fileprivate func claiming(_ precision: Precision) -> CaseFile {
    var file = self
    file.precision = precision
    return file
  }

  /// Refuses inputs on which arithmetic of the claimed precision cannot be judged.
  fileprivate func checkRange(of exact: Results, _ honest: [Results]) throws {
    func overflows(_ results: Results) -> Bool {
      results.values.contains { !$0.elements.allSatisfy(\.isFinite) }
    }
    guard overflows(exact) || honest.contains(where: overflows) else { return }
    // A kernel that stays finite where honest ones do not has done better; it is judged.
    let isFinite = results.allSatisfy { $0.values.elements.allSatisfy(\.isFinite) }
    if isFinite, !overflows(exact), !honest.allSatisfy(overflows) { return }
    let strongest = strongestWrite
    throw TensorFileError(
      file: name,
      problem: strongest.growth > 1
        ? "its inputs let honest \(precision.rawValue) arithmetic overflow: at token "
          + "\(strongest.index) |1 − β|k|²| is \(strongest.growth), and a state can grow that many "
          + "times at every token"
        : "its inputs let honest \(precision.rawValue) arithmetic overflow",
      remedy: strongest.growth > 1
        ? "normalise the keys so that 0 ≤ β|k|² ≤ 2; this is no bug of the kernel"
        : "use smaller values, states, cotangents or a smaller scale")
  }

  /// The token [b, t, h] whose transition expands most, and its |1 − β|k|²|.
  private var strongestWrite: (index: [Int], growth: Double) {
    let operands = usesL2Norm ? problem.normalizingQueriesAndKeys() : problem
    let (k, beta) = (operands.k, operands.beta)
    let (L, H) = (beta.shape[1], beta.shape[2])
    let (dk, width) = (k.shape[3], beta.shape.count == 4 ? beta.shape[3] : 1)
    let squares = stride(from: 0, to: k.elements.count, by: dk).map { start in
      k.elements[start..<start + dk].reduce(0) { $0 + $1 * $1 }
    }
    var strongest = (index: [0, 0, 0], growth: 0.0)
    for b in 0..<beta.shape[0] {
      for t in 0..<L {
        for h in 0..<H {
          let row = (b * L + t) * H + h
          let square = squares[(b * L + t) * k.shape[2] + operands.keyHead(of: h)]
          let growth =
            beta.elements[row * width..<(row + 1) * width].map { abs(1 - $0 * square) }.max() ?? 0
          if growth > strongest.growth { strongest = ([b, t, h], growth) }
        }
      }
    }
    return strongest
  }
}
