/// Repeated measurements of one quantity.
public struct Samples: Equatable, Sendable {
  private let sorted: [Double]

  /// - Precondition: there is one at least.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty, "no sample was taken")
    sorted = values.sorted()
  }

  public var minimum: Double { sorted[0] }

  /// The middle one; of an even number, the mean of the two in the middle.
  public var median: Double {
    (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
