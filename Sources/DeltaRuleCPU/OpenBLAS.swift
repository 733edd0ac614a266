import COpenBLAS

/// The library that the forms by chunks compute with. It is looked for when it is first asked for.
public enum OpenBLAS {
  /// Whether this machine has it.
  public static var isAvailable: Bool { openblas_is_available() }

  /// Has its routines compute on the thread that calls them: threads here are started by the package itself.
  package static func useCallersThread() throws(MissingOpenBLAS) {
    guard isAvailable else { throw MissingOpenBLAS() }
    openblas_set_num_threads(1)
  }
}

/// Why a form that computes through OpenBLAS cannot be had.
public struct MissingOpenBLAS: Error, Equatable, CustomStringConvertible {
  public init() {}

  public var description: String {
    "libopenblas.so.0 is missing; install it ('apt-get install libopenblas0')"
  }
}
