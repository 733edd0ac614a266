public import Algebra

/// (I + A)⁻¹ by its Neumann series: I − A + A² − … , which ends where a strictly lower triangular A does.
///
/// Right in exact arithmetic, and *unstable*: with n identical keys and β = 1 the powers of A hold
/// binomial coefficients up to C(n − 2, (n − 2)/2), which must cancel to 0 and ±1. ``unitTriangularInverse(_:)``
/// forms nothing that is larger than the result.
///
/// - Complexity: n³(n − 2) multiplications.
/// - Source: fast kernels without a triangular solve. Proof: `Proofs/UTTransform.md#forward-substitution`.
@inlinable
public func neumannInverse<Scalar: Ring>(_ A: Matrix<Scalar>) -> Matrix<Scalar> {
  guard A.rows > 1 else { return .identity(A.rows) }
  var power = -A
  var inverse = .identity(A.rows) + power
  for _ in 2..<max(2, A.rows) {
    power = -(power * A)
    inverse += power
  }
  return inverse
}

/// (I + A)⁻¹ = (I − A)(I + A²)(I + A⁴)…: the Neumann series by repeated squaring.
///
/// Logarithmic depth, and as *unstable* as ``neumannInverse(_:)``.
///
/// - Complexity: 2n³ log₂ n multiplications.
/// - Source: fast kernels without a triangular solve. Proof: `Proofs/UTTransform.md#forward-substitution`.
@inlinable
public func squaringInverse<Scalar: Ring>(_ A: Matrix<Scalar>) -> Matrix<Scalar> {
  let one = Matrix<Scalar>.identity(A.rows)
  var (inverse, power) = (one, -A)
  var terms = 1
  while terms < A.rows {
    inverse = inverse * (one + power)
    power = power * power
    terms *= 2
  }
  return inverse
}

extension Cost {
  private static func chunkwise(
    inverse: (multiplications: Count, additions: Count), depth inverseDepth: Count, growth: Growth
  ) -> Cost {
    Cost(
      multiplications: N * utMultiplications(C, inverse: inverse.multiplications),
      additions: N * utAdditions(C, inverse: inverse.additions),
      depth: N * (4 + lgC + lgdk) + inverseDepth + lgC + lgdk + 5, growth: growth)
  }

  public static let neumann = chunkwise(
    inverse: (C * C * C * (C - 2), C * C * (C - 1) * (C - 2) + C * C * (C - 1)),
    depth: (C - 2) * (1 + lgC) + 1,
    growth: Growth(
      work: "L·C³ + L·C·(dk + dv) + L·dk·dv", depth: "L/C·log C + C·log C",
      memory: "L·(dk + dv) + L/C·dk·dv", error: Error(inverse: .byPowers)))

  public static let repeatedSquaring = chunkwise(
    inverse: (2 * C * C * C * lgC, lgC * (2 * C * C * (C - 1) + C * C)),
    depth: lgC * (lgC + 1) + 1,
    growth: Growth(
      work: "L·C²·log C + L·C·(dk + dv) + L·dk·dv", depth: "L/C·log C + log² C",
      memory: "L·(dk + dv) + L/C·dk·dv", error: Error(inverse: .byPowers)))
}
