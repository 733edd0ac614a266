public import Algebra

/// The ranks that share a sequence, seen from one of them: rank r holds the tokens that follow those of rank r − 1.
///
/// Every rank must make the same calls in the same order.
public protocol Communicator<Scalar> {
  associatedtype Scalar: Ring

  /// This rank, in `0..<count`.
  var rank: Int { get }

  var count: Int { get }

  /// The same ranks, counted from the other end.
  var reversed: Self { get }

  /// Refuses, on every rank, to go on where ranks name different values.
  ///
  /// - Throws: ``Disagreement``.
  func agree(on values: [(name: String, value: Int)]) throws

  /// Each transition after those in its place on all ranks before this one; the identity on rank 0.
  ///
  /// - Parameter transitions: as many, and of the same shapes, on every rank.
  /// - Returns: T_{r−1} ∘ … ∘ T_0, by ``Transition/joined(after:)``, bracketed at will.
  func exclusiveScan(_ transitions: [Transition<Scalar>]) throws -> [Transition<Scalar>]

  /// Hands a state on to the next rank.
  ///
  /// - Precondition: this is not the last rank.
  func send(_ state: Matrix<Scalar>) throws

  /// The next state that the rank before hands on.
  ///
  /// - Precondition: this is not rank 0.
  func receive(rows: Int, columns: Int) throws -> Matrix<Scalar>
}

/// Ranks that do not agree on what they are about to do.
public struct Disagreement: Error, Equatable, CustomStringConvertible {
  public let name: String
  public let values: ClosedRange<Int>

  public init(name: String, values: ClosedRange<Int>) {
    self.name = name
    self.values = values
  }

  public var description: String {
    "\(name) is \(values.lowerBound) on one rank and \(values.upperBound) on another; it must be "
      + "the same on all"
  }
}
