/// A commutative ring in which every element but zero has a reciprocal.
///
/// No formulation needs one. Unit keys without square roots do, and the identities that divide.
public protocol Field: Ring {
  /// The quotient. Dividing by zero is a programming error in the exact fields, and follows
  /// IEEE 754 in the floating-point types.
  static func / (a: Self, b: Self) -> Self
}
