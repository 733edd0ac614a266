import Algebra
import DeltaRule
import PropertyTesting

/// What a case must be like, where a law speaks of some cases only.
struct Restrictions: Sendable {
  var keys: [KeyRegime] = KeyRegime.allCases
  var betas: [BetaRegime] = BetaRegime.allCases
  var allowsVectorBeta = true
  var zeroState = false
  var lengths = 0...14

  static let none = Restrictions()
}

/// A single-head problem from one of the regimes, and a chunk length to cut it by.
struct Case<Scalar: DrawnScalar>: Sendable {
  let problem: Problem<Scalar>
  let chunkLength: Int
  let regimes: Set<String>

  /// The same case with another problem.
  init(_ drawn: Case, problem: Problem<Scalar>) {
    self.problem = problem
    chunkLength = drawn.chunkLength
    regimes = drawn.regimes
  }

  /// Draws a case; the first regime that a restriction allows is the simplest.
  init(from source: inout ChoiceSource, _ restrictions: Restrictions = .none) throws {
    // 16: as long as a block of the inverse in most kernels, and longer than any sequence here.
    let chunkLength = source.element(of: [1, 2, 3, 4, 5, 16])
    let favourites = [
      0, 1, chunkLength - 1, chunkLength, chunkLength + 1, 2 * chunkLength, 3 * chunkLength + 1,
    ]
    let tokens = source.dimension(restrictions.lengths, favouring: favourites)
    let keyFeatures = source.dimension(1...4)
    let valueFeatures = source.dimension(1...4, favouring: [1, keyFeatures.count])
    let keyRegime = source.element(of: restrictions.keys)
    let betaRegime = source.element(of: restrictions.betas)
    let vectorBeta = restrictions.allowsVectorBeta && source.oneIn(4)
    let zeroState = restrictions.zeroState || source.oneIn(3)
    let scale = Scalar.drawn(from: &source)

    let dk = keyFeatures.count
    let dv = valueFeatures.count
    let state = source.each(keyFeatures) { $0.each(valueFeatures) { Scalar.drawn(from: &$0) } }
    let rows = source.each(tokens) { source in
      (
        q: source.each(keyFeatures) { Scalar.drawn(from: &$0) },
        k: source.each(keyFeatures) { Scalar.drawn(from: &$0) },
        v: source.each(valueFeatures) { Scalar.drawn(from: &$0) },
        beta: vectorBeta
          ? source.each(valueFeatures) { Scalar.drawn(from: &$0) } : [Scalar.drawn(from: &source)]
      )
    }
    let keys = Matrix(rows: rows.count, columns: dk, entries: rows.flatMap(\.k))
    problem = try Problem(
      q: Matrix(rows: rows.count, columns: dk, entries: rows.flatMap(\.q)),
      k: try keyRegime.keys(from: keys, &source),
      v: Matrix(rows: rows.count, columns: dv, entries: rows.flatMap(\.v)),
      beta: Matrix(
        rows: rows.count, columns: vectorBeta ? dv : 1, entries: rows.flatMap(\.beta)
      ).map(betaRegime.beta),
      scale: scale,
      initialState: zeroState
        ? .zero(dk, dv) : Matrix(rows: dk, columns: dv, entries: state.flatMap { $0 }))
    self.chunkLength = chunkLength
    regimes = Self.regimes(of: problem, chunkLength, keyRegime, betaRegime)
  }

  private static func regimes(
    of problem: Problem<Scalar>, _ chunkLength: Int, _ keys: KeyRegime, _ betas: BetaRegime
  ) -> Set<String> {
    let (L, C) = (problem.length, chunkLength)
    let (dk, dv) = (problem.keyDimension, problem.valueDimension)
    var regimes: Set<String> = [dk < dv ? "dk < dv" : dk == dv ? "dk = dv" : "dk > dv"]
    if L > 0 { regimes.insert(betas.rawValue) }
    let hasZeroKey = (0..<L).contains { problem.k[row: $0] == .zero(1, dk) }
    switch keys {
    case .orthonormal where L > dk, .someZero where !hasZeroKey: break
    default: if L > 0 { regimes.insert(keys.rawValue) }
    }
    if L == 0 || L == 1 { regimes.insert("L = \(L)") }
    if abs(L - C) <= 1 { regimes.insert(["L = C − 1", "L = C", "L = C + 1"][L - C + 1]) }
    if L > 2 * C, L % C != 0 { regimes.insert("chunks and a tail") }
    if dv == 1 { regimes.insert("dv = 1") }
    if problem.hasVectorBeta { regimes.insert("vector β") }
    let isZero = problem.initialState == .zero(dk, dv)
    regimes.insert(isZero ? "zero state" : "non-zero state")
    return regimes
  }

  /// Every regime that unrestricted cases must meet.
  static var allRegimes: [String] {
    let shapes = [
      "L = 0", "L = 1", "L = C − 1", "L = C", "L = C + 1", "chunks and a tail", "dk < dv",
      "dk = dv", "dk > dv", "dv = 1", "vector β", "zero state", "non-zero state",
    ]
    return KeyRegime.allCases.map(\.rawValue) + BetaRegime.allCases.map(\.rawValue) + shapes
  }
}

extension Observations {
  mutating func label<Scalar>(_ drawn: Case<Scalar>) {
    for regime in drawn.regimes { label(regime) }
  }
}

extension Case: CustomStringConvertible {
  var description: String { describe(problem) + ", C = \(chunkLength)" }
}

/// A problem as a person would write it down.
func describe<Scalar>(_ problem: Problem<Scalar>) -> String {
  """
  L = \(problem.length), dk = \(problem.keyDimension), dv = \(problem.valueDimension), \
  q = \(problem.q), k = \(problem.k), v = \(problem.v), beta = \(problem.beta), \
  scale = \(problem.scale), initial_state = \(problem.initialState)
  """
}

/// Draws a case with one β a token.
@Sendable
func scalarBeta(_ source: inout ChoiceSource) throws -> Case<PrimeField> {
  try Case(from: &source, Restrictions(allowsVectorBeta: false))
}
