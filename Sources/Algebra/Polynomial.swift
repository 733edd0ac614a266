/// A polynomial in named variables.
///
/// As a scalar it makes a formulation symbolic: two formulations that agree on inputs which are all
/// different variables agree on *every* input of that shape, in every commutative ring. As a
/// quantity it states a cost: `2 * L * dk * dv`.
public struct Polynomial<Coefficient: Ring & Hashable>: Ring, Hashable {
  /// A product of powers of variables; the empty product is 1.
  struct Monomial: Hashable, Comparable {
    var exponents: [String: Int] = [:]

    var degree: Int { exponents.values.reduce(0, +) }

    /// The variables in order, each as often as its exponent says.
    var factors: [String] {
      exponents.sorted { $0.key < $1.key }.flatMap { Array(repeating: $0.key, count: $0.value) }
    }

    static func * (a: Monomial, b: Monomial) -> Monomial {
      Monomial(exponents: a.exponents.merging(b.exponents, uniquingKeysWith: +))
    }

    /// Highest degree first, then by the alphabet.
    static func < (a: Monomial, b: Monomial) -> Bool {
      a.degree != b.degree ? a.degree > b.degree : a.factors.lexicographicallyPrecedes(b.factors)
    }
  }

  /// The coefficients that are not zero.
  private var coefficients: [Monomial: Coefficient]

  private init(_ coefficients: [Monomial: Coefficient]) {
    self.coefficients = coefficients.filter { $0.value != .zero }
  }

  /// The polynomial that is one variable.
  public init(variable name: String) { self.init([Monomial(exponents: [name: 1]): .one]) }

  /// A constant.
  public init(_ constant: Coefficient) { self.init([Monomial(): constant]) }

  public init(_ integer: Int) { self.init(Coefficient(integer)) }

  public static var zero: Self { Self([:]) }
  public static var one: Self { Self(1) }

  public static func + (a: Self, b: Self) -> Self {
    Self(a.coefficients.merging(b.coefficients, uniquingKeysWith: +))
  }

  public static func - (a: Self, b: Self) -> Self {
    Self(a.coefficients.merging(b.coefficients.mapValues { .zero - $0 }, uniquingKeysWith: +))
  }

  public static func * (a: Self, b: Self) -> Self {
    var products: [Monomial: Coefficient] = [:]
    for (left, x) in a.coefficients {
      for (right, y) in b.coefficients { products[left * right, default: .zero] += x * y }
    }
    return Self(products)
  }

  /// The value where each variable has the value that `values` gives it.
  ///
  /// - Precondition: `values` names every variable of the polynomial.
  public func callAsFunction(_ values: [String: Coefficient]) -> Coefficient {
    coefficients.reduce(.zero) { total, term in
      total
        + term.key.factors.reduce(term.value) { product, name in
          guard let value = values[name] else { preconditionFailure("no value for \(name)") }
          return product * value
        }
    }
  }
}

extension Polynomial: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

extension Polynomial: CustomStringConvertible {
  /// `3·L·dk·dv + 1/2·L² − L`: highest degree first.
  public var description: String {
    let terms = coefficients.sorted { $0.key < $1.key }.map { monomial, coefficient in
      let powers = monomial.exponents.sorted { $0.key < $1.key }.map { name, exponent in
        exponent == 1 ? name : name + superscript(exponent)
      }
      let number = "\(coefficient)"
      let product = powers.joined(separator: "·")
      return switch number {
      case _ where powers.isEmpty: number
      case "1": product
      case "-1": "-" + product
      default: number + "·" + product
      }
    }
    guard let first = terms.first else { return "0" }
    return terms.dropFirst().reduce(first) { text, term in
      term.hasPrefix("-") ? "\(text) − \(term.dropFirst())" : "\(text) + \(term)"
    }
  }
}

private func superscript(_ number: Int) -> String {
  String("\(number)".compactMap { $0.wholeNumberValue.map { Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0] } })
}
