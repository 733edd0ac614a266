public import Algebra
import BigInt

/// What a formulation costs on L tokens in N chunks of C, exactly.
///
/// The polynomials are in the variables `L`, `C`, `N` = L/C, `dk`, `dv`, and the logarithms to base
/// two `lgL`, `lgC`, `lgdk`. They hold for L ≥ 8 and C ≥ 2 where C divides L and where whatever stands
/// under a logarithm is a power of two. A formulation without chunks has none of `C` and `N`.
public struct Cost: Sendable {
  public typealias Count = Polynomial<Rational>

  public let multiplications: Count
  /// Additions and subtractions.
  public let additions: Count
  /// The length of the critical path, from the inputs to the deepest of all results.
  public let depth: Count
  public let growth: Growth

  /// How work, depth, memory and rounding error grow, constants and logarithms of dk and dv left out.
  public struct Growth: Sendable {
    public let work: String
    public let depth: String
    /// What the backward pass keeps.
    public let memory: String
    public let error: Error

    public init(work: String, depth: String, memory: String, error: Error) {
      self.work = work
      self.depth = depth
      self.memory = memory
      self.error = error
    }
  }

  /// How the rounding error of a solution compares with the bound for the recurrence, for keys and β with
  /// β|k|² ≤ 2.
  public enum Error: String, Sendable {
    /// Within that bound: every token adds its own rounding errors, and nothing amplifies them.
    case stepwise = "1"
    /// dk times that bound: products of transitions are formed.
    case transitions = "dk"
    /// As many times as a chunk has tokens, and I + A is ill-conditioned.
    case conditioned = "C·κ(I + A)"
    /// The same, with the whole sequence for the chunk.
    case conditionedByLength = "L·κ(I + A)"
    /// No such bound: the formulation is unstable.
    case unbounded = "unbounded"
  }

  public init(
    multiplications: Count, additions: Count, depth: Count, growth: Growth
  ) {
    self.multiplications = multiplications
    self.additions = additions
    self.depth = depth
    self.growth = growth
  }

  /// The values of the variables for one shape.
  public static func variables(
    length: Int, chunkLength: Int, keyDimension: Int, valueDimension: Int
  ) -> [String: Rational] {
    func logarithm(_ n: Int) -> Int { n <= 1 ? 0 : Int.bitWidth - (n - 1).leadingZeroBitCount }
    return [
      "L": length, "C": chunkLength, "N": (length + chunkLength - 1) / chunkLength,
      "dk": keyDimension, "dv": valueDimension, "lgL": logarithm(length),
      "lgC": logarithm(chunkLength), "lgdk": logarithm(keyDimension),
    ].mapValues { Rational($0) }
  }

  static let L = Count(variable: "L")
  static let C = Count(variable: "C")
  static let N = Count(variable: "N")
  static let dk = Count(variable: "dk")
  static let dv = Count(variable: "dv")
  static let cube: Count = dk * dk * dk
  static let slab: Count = dk * dk * dv
  static let state: Count = dk * dv
  static let square: Count = dk * dk
  static let lgL = Count(variable: "lgL")
  static let lgC = Count(variable: "lgC")
  static let lgdk = Count(variable: "lgdk")

  /// Multiplications, and as many additions, of ``unitTriangularInverse(_:)`` for n rows.
  static func substitution(_ n: Count) -> Count {
    Count(Rational(1, over: 6)) * n * (n - 1) * (n - 2)
  }

  /// n(n − 1)/2.
  static func pairs(_ n: Count) -> Count { Count(Rational(1, over: 2)) * n * (n - 1) }
}
