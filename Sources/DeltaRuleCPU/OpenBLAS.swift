import COpenBLAS

/// The library that the forms by chunks compute with. It is looked for when it is first asked for.
public enum OpenBLAS {
  /// Whether this machine has it.
  public static var isAvailable: Bool { openblas_is_available() }
}

/// Why a form that computes through OpenBLAS cannot be had.
public struct MissingOpenBLAS: Error, Equatable, CustomStringConvertible {
  public init() {}

  public var description: String {
    "libopenblas.so.0 is missing; install it ('apt-get install libopenblas0')"
  }
}
