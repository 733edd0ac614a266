public import PropertyTesting

/// Permutations of some things, one after another: after each, what has become of them all together? Of two things that is
/// parity, of three S₃.
///
/// Permutations are tokens in lexicographic order, 0 being the one that changes nothing.
///
/// - Source: *Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues*, section 5.
public struct StateTracking: SequenceTask {
  public let length: Int
  /// What each permutation does: the thing at place i goes to permutations[token][i].
  public let permutations: [[Int]]
  /// The tokens that come: all, or those that swap at most two things.
  private let choices: [Int]
  public var vocabularySize: Int { permutations.count }

  /// - Parameter swapsOnly: whether only permutations come that swap at most two things; one step of the delta rule can do as
  ///   much.
  /// - Throws: ``TaskError``.
  public init(things: Int = 2, length: Int = 32, swapsOnly: Bool = false) throws(TaskError) {
    try TaskError.check("things", things, 2...5)
    try TaskError.check("length", length, 1...TaskError.limit)
    self.length = length
    permutations = Self.permutations(of: Array(0..<things))
    choices = permutations.indices.filter { [permutations] token in
      !swapsOnly || permutations[token].enumerated().count { $0 != $1 } <= 2
    }
  }

  private static func permutations(of things: [Int]) -> [[Int]] {
    guard !things.isEmpty else { return [[]] }
    return things.flatMap { first in
      permutations(of: things.filter { $0 != first }).map { [first] + $0 }
    }
  }

  public func example(for use: TaskExample.Use, using generator: inout Xoshiro256) -> TaskExample {
    let tokens = (0..<length).map { _ in generator.element(of: choices) }
    var state = permutations[0]
    return TaskExample(
      tokens: tokens,
      targets: tokens.map { token in
        state = state.map { permutations[token][$0] }
        return permutations.firstIndex(of: state)
      })
  }
}
