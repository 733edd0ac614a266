import Algebra

/// An exact result, or as much as is known of it.
protocol Enclosure: Ring {
  /// How far a computed number lies from the exact result, and whether that can be within its bound.
  func error<Number>(of computed: RunningError<Number>) throws -> (error: Double, isWithin: Bool)
}

extension Dyadic: Enclosure {
  func error<Number>(of computed: RunningError<Number>) throws -> (error: Double, isWithin: Bool) {
    let error = (try Law.exactly(computed.value) - self).magnitude
    return (error.double, try error <= Law.exactly(computed.bound))
  }
}

extension RunningError<DoubleDouble>: Enclosure {
  func error<Number>(of computed: RunningError<Number>) -> (error: Double, isWithin: Bool) {
    let error = (DoubleDouble(computed.value.double) - value).double.magnitude
    // The factor pays for what these three operations round.
    return (error, error <= (computed.bound + bound) * (1 + 0x1p-50))
  }
}
