/// One head of one sequence in memory, as the kernels take it.
struct Head<Number> {
  var length: Int
  var keyDimension: Int
  var valueDimension: Int
  var q: Rows<Number>
  var k: Rows<Number>
  var v: Rows<Number>
  var beta: Rows<Number>
  var hasVectorBeta: Bool
  /// Whether queries and keys are normalised first.
  var normalizes: Bool
  var scale: Number
  /// dk × dv; zero where nil.
  var initialState: UnsafePointer<Number>?
  var o: Rows<Number>
  /// dk × dv. Nil where it is empty, or where nothing is computed forwards.
  var finalState: UnsafeMutablePointer<Number>?
  /// v − k S, before each token's write.
  var residuals: Rows<Number>
}

/// The gradient of a head for cotangents of its outputs.
struct HeadGradient<Number> {
  var dO: Rows<Number>
  /// dk × dv; zero where nil.
  var dFinalState: UnsafePointer<Number>?
  var dq: Rows<Number>
  var dk: Rows<Number>
  var dv: Rows<Number>
  var dbeta: Rows<Number>
  var dInitialState: UnsafeMutablePointer<Number>?
}

/// A way to compute heads: what some value columns contribute, with a workspace for so many columns.
struct HeadKernel<Number: KernelNumber> {
  typealias Space = UnsafeMutablePointer<Number>

  /// Columns may be shared out in multiples of so many, and no bit changes; nil where all belong together.
  var panelWidth: Int?
  /// Numbers of workspace.
  var space: (_ columns: Int) -> Int
  var forward: (Head<Number>, Range<Int>, Space) -> Void
  var backwardSpace: (_ columns: Int) -> Int
  /// From the residuals of the forward pass. Value columns add up to dq, dk, and to a dβ of one number a token.
  var backward: (Head<Number>, HeadGradient<Number>, Range<Int>, Space) -> Void
}
