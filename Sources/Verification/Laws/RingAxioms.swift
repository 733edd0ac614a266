import Algebra
import BigInt
import DeltaRule
import PropertyTesting

extension Law {
  static let ringAxioms = Law(
    "RING", "ring axioms", "The exact number types are commutative rings, and the fields divide.",
    formula: "(a + b) + c = a + (b + c), a·b = b·a, a·(b + c) = a·b + a·c, a + 0 = a·1 = a, …",
    theorem: "Proofs/Equivalence.md#rings",
    [
      axioms(over: PrimeField.self, "prime-field", cases: 5000) { .drawn(from: &$0) },
      axioms(over: Rational.self, "rational", cases: 300) { source in
        Rational(integer(&source), over: BigInt(source.integer(in: 1...50)))
      },
      axioms(over: BigInt.self, "integer", cases: 500) { integer(&$0) },
      axioms(over: Dyadic.self, "dyadic", cases: 500) { source in
        Dyadic(significand: integer(&source), exponent: source.integer(in: -80...80))
      },
      axioms(over: Polynomial<BigInt>.self, "polynomial", cases: 200) { source in
        let terms = source.each(source.dimension(0...4)) { source in
          let coefficient = Polynomial(BigInt(source.integer(in: -3...3)))
          return source.each(source.dimension(0...3)) {
            Polynomial<BigInt>(variable: $0.element(of: ["x", "y", "z"]))
          }.reduce(coefficient, *)
        }
        return terms.reduce(.zero, +)
      },
      division(over: PrimeField.self, "prime-field", cases: 500),
      division(over: Rational.self, "rational", cases: 200),
    ])

  /// An integer of up to 128 bits.
  private static func integer(_ source: inout ChoiceSource) -> BigInt {
    let (high, low) = (source.integer(in: -(1 << 60)...1 << 60), source.integer(in: 0...1 << 60))
    return source.oneIn(2) ? BigInt(high) << 60 + BigInt(low) : BigInt(high % 100)
  }

  private static func axioms<Scalar: Ring>(
    over ring: Scalar.Type, _ name: String, cases: Int,
    _ draw: @escaping @Sendable (inout ChoiceSource) -> Scalar
  ) -> LawInstance {
    LawInstance(
      name, numbers: name,
      Property(
        "RING/\(name)", cases: cases, for: { Triple(a: draw(&$0), b: draw(&$0), c: draw(&$0)) }
      ) { value, _ in
        let (a, b, c) = (value.a, value.b, value.c)
        func require(_ axiom: String, _ left: Scalar, _ right: Scalar) throws {
          guard left == right else { throw Falsified("\(axiom): \(left) is not \(right)") }
        }
        try require("(a + b) + c = a + (b + c)", (a + b) + c, a + (b + c))
        try require("a + b = b + a", a + b, b + a)
        try require("a + 0 = a", a + .zero, a)
        try require("a − a = 0", a - a, .zero)
        try require("a − b = a + (−b)", a - b, a + -b)
        try require("(a·b)·c = a·(b·c)", (a * b) * c, a * (b * c))
        try require("a·b = b·a", a * b, b * a)
        try require("a·1 = a", a * .one, a)
        try require("a·(b + c) = a·b + a·c", a * (b + c), a * b + a * c)
        try require("3·a = a + a + a", Scalar(3) * a, a + a + a)
        try require("−2·a = −(a + a)", Scalar(-2) * a, -(a + a))
      })
  }

  private static func division<Scalar: DrawnScalar>(
    over field: Scalar.Type, _ name: String, cases: Int
  ) -> LawInstance {
    LawInstance(
      name, numbers: name,
      Property(
        "RING/\(name)-division", cases: cases,
        for: { source in
          let value = Triple(
            a: Scalar.drawn(from: &source), b: .drawn(from: &source), c: .drawn(from: &source))
          try source.assume(value.b != .zero && value.c != .zero)
          return value
        }
      ) { value, _ in
        let (a, b, c) = (value.a, value.b, value.c)
        guard (a / b) * b == a else { throw Falsified("(a / b)·b is \((a / b) * b), not a") }
        guard (a / b) / c == a / (b * c) else { throw Falsified("(a / b) / c is not a / (b·c)") }
      })
  }

  private struct Triple<Scalar: Ring>: Sendable, CustomStringConvertible {
    let a: Scalar
    let b: Scalar
    let c: Scalar

    var description: String { "a = \(a), b = \(b), c = \(c)" }
  }
}
