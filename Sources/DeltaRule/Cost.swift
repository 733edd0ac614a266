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

  /// How many times the error bound of the recurrence a formulation keeps to, for keys and β with
  /// β|k|² ≤ 2.
  ///
  /// - Source: derived; proof: `Proofs/RoundingErrors.md#error-growth`.
  public struct Error: Sendable, Equatable {
    /// How (I + A)⁻¹ is found.
    public enum Inverse: Sendable {
      case none
      /// By substitution, for a chunk: C + 2 times, and as many times again as I + A is ill-conditioned.
      case ofChunk
      /// The same for the whole sequence: L + 2.
      case ofSequence
      /// By powers of A: there is no bound, the formulation is unstable.
      case byPowers
    }

    public let inverse: Inverse
    /// Whether dk × dk transitions are formed: dk + 2 times.
    public let formsTransitions: Bool

    public init(inverse: Inverse = .none, formsTransitions: Bool = false) {
      self.inverse = inverse
      self.formsTransitions = formsTransitions
    }

    public var isStable: Bool { inverse != .byPowers }
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

extension Cost.Error: CustomStringConvertible {
  public var description: String {
    let inverse: String? =
      switch inverse {
      case .none: nil
      case .ofChunk: "(C + 2)·κ(I + A)"
      case .ofSequence: "(L + 2)·κ(I + A)"
      case .byPowers: "unbounded"
      }
    let factors = [formsTransitions ? "(dk + 2)" : nil, inverse].compactMap { $0 }
    return factors.isEmpty ? "1" : factors.joined(separator: "·")
  }
}
