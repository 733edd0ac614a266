public import BigInt

/// The exact integers: counterexamples that a person can check by hand.
extension BigInt: Ring {
  public static var one: BigInt { 1 }

  public static prefix func - (a: BigInt) -> BigInt {
    var negated = a
    negated.negate()
    return negated
  }
}
